"""How a field gets its value: read from the object, or from a call that is prepared here once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from keyword import iskeyword
from types import CodeType
from typing import Any, cast

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLID,
    GraphQLObjectType,
    GraphQLSchema,
    get_nullable_type,
)
from graphql.execution.executor import default_field_resolver
from graphql.pyutils import Path
from strawberry.relay import Node
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from server.graphql.batched import BATCHED, Batch
from server.graphql.fields import Access
from server.graphql.guarded import Guarded

DEFINITION = GraphQLCoreConverter.DEFINITION_BACKREF


def _made_by(function: Callable[..., Any]) -> Iterator[tuple[str, CodeType]]:
    """The functions defined inside `function`, by name."""
    for constant in function.__code__.co_consts:
        if isinstance(constant, CodeType):
            yield constant.co_name, constant


_STRAWBERRY = dict(_made_by(GraphQLCoreConverter.from_resolver))
_READS = _STRAWBERRY["_get_basic_result"]
_CALLS = (_STRAWBERRY["_resolver"], _STRAWBERRY["_async_resolver"])
"""The code of Strawberry's own wrappers: what a resolver with one of these does is known."""
_NODE_ID = next(
    field.base_resolver
    for field in Node.__strawberry_definition__.fields  # type: ignore[attr-defined]
    if field.python_name == "_id"
)


class Source(Enum):
    """Where a field's value comes from."""

    ATTRIBUTE = auto()
    NODE_ID = auto()
    """The global id of an object whose local one is in an attribute."""
    FUNCTION = auto()
    """The function an author wrote, called as Strawberry would."""
    RESOLVER = auto()
    """The resolver in the schema, called as graphql-core would."""
    BATCH = auto()


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A field in one place of an operation, with what its call needs besides the object."""

    source: Source
    where: str
    nodes: list[FieldNode]
    definition: GraphQLField
    parent: GraphQLObjectType
    key: str
    path: Path | None
    """None below a list, where there are many."""
    head: tuple[Any, ...]
    """The name, nodes, type and parent type: what infos begin with."""
    field: StrawberryField | None = None
    function: Callable[..., Any] | None = None
    attribute: str = ""
    access: tuple[Access, ...] = ()
    batch: Batch | None = None

    @property
    def has_arguments(self) -> bool:
        return bool(self.definition.args or self.nodes[0].arguments)


def call_of(
    schema: GraphQLSchema,
    parent: GraphQLObjectType,
    definition: GraphQLField,
    nodes: list[FieldNode],
    key: str,
    path: Path | None,
) -> Call:
    """How `parent.definition` is resolved."""
    name = nodes[0].name.value
    resolve, access = definition.resolve, []
    while isinstance(resolve, Guarded):
        access.append(resolve.access)
        resolve = resolve.resolve
    field = definition.extensions.get(DEFINITION)
    where = f"{parent.name}.{name}"
    common: dict[str, Any] = {
        "where": where,
        "nodes": nodes,
        "definition": definition,
        "parent": parent,
        "key": key,
        "path": path,
        "head": (name, nodes, definition.type, parent),
        "access": tuple(access),
    }
    code = getattr(resolve, "__code__", None)
    if isinstance(field, StrawberryField) and type(field).get_result is StrawberryField.get_result:
        common["field"] = field
        if code is _READS and not access and _is_read(field):
            return Call(Source.ATTRIBUTE, attribute=field.python_name, **common)
        if (
            code in _CALLS
            and not field.extensions
            and not _handles_exceptions(schema)
            and not _is_named_self(field)
        ):
            return _author_s_call(field, common)
    return Call(Source.RESOLVER, function=resolve or default_field_resolver, **common)


def _author_s_call(field: StrawberryField, common: dict[str, Any]) -> Call:
    assert field.base_resolver is not None
    function: Any = field.base_resolver.wrapped_func
    batch = field.metadata.get(BATCHED)
    if isinstance(batch, Batch):
        return Call(Source.BATCH, function=batch.function, batch=batch, **common)
    attribute = _node_id_attribute(function, common)
    if attribute is not None:
        return Call(Source.NODE_ID, attribute=attribute, function=function, **common)
    return Call(Source.FUNCTION, function=function, **common)


def _is_read(field: StrawberryField) -> bool:
    name = field.python_name
    return (
        field.is_basic_field
        and cast(Any, field.default_resolver) is getattr
        and name.isidentifier()
        and not iskeyword(name)
    )


def _is_named_self(field: StrawberryField) -> bool:
    """Whether Strawberry would pass the object by the name `self`, which its own call cannot take."""
    resolver = field.base_resolver
    assert resolver is not None
    return any(
        p is not None and p.name == "self" for p in (resolver.parent_parameter, resolver.root_parameter)
    )


def _handles_exceptions(schema: GraphQLSchema) -> bool:
    strawberry_schema: Any = getattr(schema, "_strawberry_schema", None)
    return strawberry_schema is None or bool(strawberry_schema.schema_converter._exception_handler_specs)


def _node_id_attribute(function: Any, common: dict[str, Any]) -> str | None:
    """The attribute with the local id when the field is Relay's `id`, made in Relay's own way."""
    if getattr(function, "__func__", None) is not getattr(_NODE_ID.wrapped_func, "__func__", _NODE_ID):
        return None
    origin = class_of(common["parent"])
    if origin is None or not issubclass(origin, Node) or common["access"]:
        return None
    if get_nullable_type(common["definition"].type) is not GraphQLID:
        return None
    for method in ("resolve_id", "resolve_typename"):
        if getattr(origin, method).__func__ is not getattr(Node, method).__func__:
            return None
    attribute = origin.resolve_id_attr()
    return attribute if attribute.isidentifier() and not iskeyword(attribute) else None


def class_of(type_: GraphQLObjectType) -> type | None:
    """The class whose instances are surely objects of the type, when there is one."""
    definition = type_.extensions.get(DEFINITION)
    if not isinstance(definition, StrawberryObjectDefinition) or definition.is_type_of is not None:
        return None
    origin = definition.concrete_of.origin if definition.concrete_of else definition.origin
    plain = (
        not issubclass(origin, BaseException)
        and not hasattr(origin, "__await__")
        and not hasattr(origin, "__getattr__")
        and cast(Any, origin).__getattribute__ is object.__getattribute__
    )
    return origin if plain else None
