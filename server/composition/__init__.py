"""One schema from many modules, and a view of it for every set of modules."""

from server.composition.cache import ViewCache
from server.composition.composer import Composer, Finish
from server.composition.documents import DocumentCache, DocumentRecord
from server.composition.parts import KERNEL, ComposedModule, CompositionError, Problem
from server.composition.schema import ComposedSchema, SchemaField
from server.composition.sdl import render_schema
from server.composition.view import SchemaView

__all__ = [
    "KERNEL",
    "ComposedModule",
    "ComposedSchema",
    "Composer",
    "CompositionError",
    "DocumentCache",
    "DocumentRecord",
    "Finish",
    "Problem",
    "SchemaField",
    "SchemaView",
    "ViewCache",
    "render_schema",
]
