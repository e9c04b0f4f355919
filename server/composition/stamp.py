"""Writes the owners of every element of a built schema into its `extensions["facet"]`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLSchema,
    Undefined,
    get_named_type,
    is_introspection_type,
    is_specified_scalar_type,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from server.composition.contributions import Contributions
from server.composition.ownership import NOBODY, OWNERS, Ownership, owners_of

BACKREF = GraphQLCoreConverter.DEFINITION_BACKREF


def definition_of(element: Any) -> Any:
    """The Strawberry definition a graphql-core element was made from; None for built-in ones."""
    return element.extensions.get(BACKREF)


def composed_types(schema: GraphQLSchema) -> Iterator[GraphQLNamedType]:
    """The types of the schema that are not part of GraphQL itself."""
    for type_ in schema.type_map.values():
        if not is_introspection_type(type_) and not is_specified_scalar_type(type_):
            yield type_


def stamp(schema: GraphQLSchema, ownership: Ownership, contributions: Contributions) -> None:
    types = list(composed_types(schema))
    for type_ in types:
        type_.extensions[OWNERS] = ownership.of_definition(definition_of(type_))
        if isinstance(type_, GraphQLEnumType):
            _stamp_values(type_, ownership)
        for field in getattr(type_, "fields", {}).values():
            field.extensions[OWNERS] = _field_tokens(definition_of(field), ownership, contributions)
            for argument in getattr(field, "args", {}).values():
                argument.extensions[OWNERS] = _declared_tokens(definition_of(argument), ownership)
    _stamp_defaults(types)


def _stamp_values(enum: GraphQLEnumType, ownership: Ownership) -> None:
    definition = definition_of(enum)
    if definition is not None:
        for value, member in zip(enum.values.values(), definition.wrapped_cls, strict=True):
            value.extensions[OWNERS] = ownership.of_declared_value((definition.wrapped_cls, member.name))


def _field_tokens(
    field: StrawberryField, ownership: Ownership, contributions: Contributions
) -> frozenset[str]:
    """A field belongs to the module its metadata names, else its contributor's, else its class's."""
    metadata, entry = field.metadata, contributions.entry_of(field)
    if "module" in metadata:
        return ownership.contribution_tokens(metadata["module"], metadata.get("audience"))
    if entry is not None:
        audience = metadata.get("audience", entry.contribution.audience)
        return ownership.contribution_tokens(entry.part.code, audience)
    code = ownership.module_of(field.origin) if isinstance(field.origin, type) else None
    return ownership.tokens(code, metadata.get("audience"))


def _declared_tokens(argument: Any, ownership: Ownership) -> frozenset[str]:
    metadata: Mapping[Any, Any] = getattr(argument, "metadata", None) or {}
    return ownership.tokens(metadata.get("module"), metadata.get("audience"))


def _stamp_defaults(types: list[GraphQLNamedType]) -> None:
    """An argument goes with the enum values and input fields its default is made of.

    Otherwise a view that hides one of those could neither print nor introspect the argument.
    """
    for type_ in types:
        for field in getattr(type_, "fields", {}).values():
            takes = [field] if isinstance(type_, GraphQLInputObjectType) else field.args.values()
            for element in takes:
                element.extensions[OWNERS] = owners_of(element) | _default_owners(element)


def _default_owners(element: GraphQLArgument | GraphQLInputField | GraphQLField) -> frozenset[str]:
    default = getattr(element, "default_value", Undefined)
    return NOBODY if default is Undefined else _value_owners(default, element.type)


def _value_owners(value: Any, type_: Any) -> frozenset[str]:
    if isinstance(type_, GraphQLNonNull):
        return _value_owners(value, type_.of_type)
    if value is None:
        return NOBODY
    if isinstance(type_, GraphQLList):
        items = value if isinstance(value, (list, tuple)) else [value]
        return NOBODY.union(*(_value_owners(item, type_.of_type) for item in items))
    named = get_named_type(type_)
    if isinstance(named, GraphQLEnumType):
        raw = getattr(value, "value", value)
        return NOBODY.union(*(owners_of(found) for found in named.values.values() if found.value == raw))
    if isinstance(named, GraphQLInputObjectType) and isinstance(value, Mapping):
        used = [(named.fields[name], item) for name, item in value.items() if name in named.fields]
        return NOBODY.union(*(owners_of(field) | _value_owners(item, field.type) for field, item in used))
    return NOBODY
