"""The schema with every module on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import strawberry
from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField
from strawberry.types.scalar import ScalarDefinition
from strawberry.types.union import StrawberryUnion

from server.composition.contributions import Contributions
from server.composition.ownership import Ownership, modules_of
from server.composition.stamp import composed_types, definition_of

Resolve = Callable[..., Any]
Wrapper = Callable[[str, str, StrawberryField, Resolve], Resolve]
"""(type name, field name, field, resolver) -> the resolver to use instead, or the same one."""

NamedDefinition = StrawberryObjectDefinition | ScalarDefinition | StrawberryEnumDefinition | StrawberryUnion


class SchemaField(NamedTuple):
    """A field of an object or interface with the modules that must be on for it to exist."""

    type_name: str
    name: str
    modules: frozenset[str]


class ComposedSchema(strawberry.Schema):
    """A Strawberry schema whose types carry the fields that modules contributed to them.

    Built by `Composer`. `skipped` names the contributions to optional targets that no installed module has.
    """

    def __init__(
        self,
        contributions: Contributions,
        ownership: Ownership,
        *,
        roots: dict[str, type],
        types: Iterable[Any],
        config: StrawberryConfig,
    ) -> None:
        self._contributions = contributions
        self._ownership = ownership
        self.skipped: tuple[str, ...] = ()
        super().__init__(
            roots["Query"], roots.get("Mutation"), roots.get("Subscription"), types=types, config=config
        )

    @property
    def graphql_schema(self) -> GraphQLSchema:
        return self._schema

    @property
    def modules(self) -> frozenset[str]:
        """The codes of the modules it was composed from, without the kernel."""
        return self._ownership.codes - {"kernel"}

    def closure(self, code: str) -> frozenset[str]:
        """A module with everything it requires."""
        return self._ownership.closure(code)

    def get_fields(self, type_definition: StrawberryObjectDefinition) -> list[StrawberryField]:
        return self._contributions.fields(type_definition)

    def get_type_by_name(self, name: str) -> NamedDefinition | None:  # type: ignore[override]  # theirs is cached for ever
        found = self.schema_converter.type_map.get(name)
        return found.definition if found else None

    def get_directive_by_name(self, graphql_name: str) -> Any:  # type: ignore[override]  # theirs is cached for ever
        names = self.config.name_converter
        return next((d for d in self.directives if names.from_directive(d) == graphql_name), None)

    def get_field_for_type(self, field_name: str, type_name: str) -> StrawberryField | None:
        field = getattr(self._schema.type_map.get(type_name), "fields", {}).get(field_name)
        found: StrawberryField | None = definition_of(field) if field is not None else None
        return found

    def schema_fields(self) -> Iterator[SchemaField]:
        """Every field with its modules: those of the field, of its type and of what it returns."""
        for type_ in composed_types(self._schema):
            if isinstance(type_, (GraphQLObjectType, GraphQLInterfaceType)):
                for name, field in type_.fields.items():
                    yield SchemaField(type_.name, name, modules_of(field) | modules_of(type_))

    def wrap_fields(self, wrapper: Wrapper) -> None:
        """Replace the resolver of every field of every object type by what `wrapper` returns for it.

        To be called by finish hooks, before the first view is made. For fields of `Subscription` it is the
        source of events that is wrapped.
        """
        for type_ in composed_types(self._schema):
            if isinstance(type_, GraphQLObjectType):
                self._wrap(type_, wrapper)

    def wrap_root_fields(self, wrapper: Wrapper) -> None:
        """As `wrap_fields`, only for the fields of `Query`, `Mutation` and `Subscription`."""
        schema = self._schema
        for root in filter(None, (schema.query_type, schema.mutation_type, schema.subscription_type)):
            self._wrap(root, wrapper)

    def _wrap(self, type_: GraphQLObjectType, wrapper: Wrapper) -> None:
        source = "subscribe" if type_ is self._schema.subscription_type else "resolve"
        for name, field in type_.fields.items():
            setattr(field, source, wrapper(type_.name, name, definition_of(field), getattr(field, source)))
