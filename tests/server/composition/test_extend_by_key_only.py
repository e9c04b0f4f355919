"""Extend another module's type: a resolver reads only the key of the foreign object.

Whoever owns the type may load less of it, or another server may own it; only its id is sure to be there.
"""

from typing import Any

import pytest
from graphql import GraphQLObjectType
from strawberry.types.field import StrawberryField

from server.composition import ComposedSchema
from server.composition.ownership import modules_of
from server.composition.stamp import definition_of
from server.graphql.batched import BATCHED


class KeyOnly:
    """An object of which nothing but the key may be read."""

    def __init__(self, key: int, *names: str) -> None:
        self.__dict__.update(dict.fromkeys(names, key))

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(
            f"An extension read '{name}' of an object of another module; it may read its key."
        )


def foreign_fields(schema: ComposedSchema) -> dict[str, StrawberryField]:
    """Contributed fields of object types that belong to another module."""
    found = {}
    for type_ in schema.graphql_schema.type_map.values():
        if isinstance(type_, GraphQLObjectType) and modules_of(type_):
            for name, field in type_.fields.items():
                if modules_of(field) - modules_of(type_):
                    found[f"{type_.name}.{name}"] = definition_of(field)
    return found


def test_knows_the_extensions_of_foreign_types(full: ComposedSchema) -> None:
    assert sorted(foreign_fields(full)) == [
        "Incident.seenBy", "Person.balance", "PlansSubscription.seenBy", "Shop.cost", "Shop.incidents",
        "Shop.people", "Shop.peoplePage", "Shop.seenBy", "Shop.subscription",
    ]  # fmt: skip


async def resolve_by_key(field: StrawberryField, info: Any) -> None:
    """Call the field's function for objects of which it may read nothing but the key."""
    assert field.base_resolver is not None
    batch = field.metadata.get(BATCHED)
    call: Any = batch.function if batch else field.base_resolver.wrapped_func
    objects: Any = (KeyOnly(1, "id"), KeyOnly(2, "id")) if batch else KeyOnly(1, "id")
    given = {"info": info} if batch and batch.takes_info else {}
    result = call(objects, **given, **required(field))
    if hasattr(result, "__await__"):
        result = await result
    if batch:
        assert len(batch.answers(result, 2)) == 2


async def test_reads_only_the_key(full: ComposedSchema) -> None:
    fields = foreign_fields(full)
    for field in fields.values():
        await resolve_by_key(field, None)
    assert [path for path, field in fields.items() if BATCHED in field.metadata] == ["Shop.peoplePage"]


def required(field: StrawberryField) -> dict[str, Any]:
    arguments = field.base_resolver.arguments if field.base_resolver else []
    return {argument.python_name: argument.default for argument in arguments}


def test_notices_one_that_reads_more() -> None:
    assert KeyOnly(1, "id").id == 1
    with pytest.raises(AssertionError, match="read 'name'"):
        _ = KeyOnly(1, "id").name
