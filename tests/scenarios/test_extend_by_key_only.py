"""What modules add to each other's types reads only the key of their objects, in every field of every module."""

from types import SimpleNamespace
from typing import Any, cast

from graphql import parse

from server.app import Facet
from server.testing import TestPlatform
from tests.server.composition.test_extend_by_key_only import foreign_fields, resolve_by_key


class Told:
    """As much of an info as a function reads that answers a connection."""

    def __init__(self, context: Any) -> None:
        (operation,) = parse("{ field { nodes { id } } }").definitions
        self.context = context
        self._raw_info = SimpleNamespace(
            operation=operation,
            field_nodes=list(cast(Any, operation).selection_set.selections),
            fragments={},
        )


async def test_reads_only_the_key(facet: Facet, platform: TestPlatform) -> None:
    fields = foreign_fields(facet.schema)
    assert fields
    async with platform.context() as ctx:
        for field in fields.values():
            await resolve_by_key(field, cast(Any, Told(ctx)))
