"""The whole schema keeps to its own rules, whichever module a field comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_composite_type,
    is_list_type,
)
from graphql import get_nullable_type as nullable

from server.app import Facet
from server.composition.stamp import composed_types
from server.graphql.fields import LIST_SIZE
from server.http.declared import declared
from tests.scenarios.security.documents import elements

CAMEL_CASE = re.compile(r"[a-z][a-zA-Z0-9]*")
PASCAL_CASE = re.compile(r"[A-Z][a-zA-Z0-9]*")
UPPER_CASE = re.compile(r"[A-Z][A-Z0-9_]*")
MONEY = re.compile(r"amount|price|mrr|revenue|fee|total_minor", re.IGNORECASE)


@pytest.fixture
def schema(facet: Facet) -> GraphQLSchema:
    return facet.schema.graphql_schema


def fields(schema: GraphQLSchema) -> Iterator[tuple[str, str, Any]]:
    for type_ in composed_types(schema):
        for name, field in getattr(type_, "fields", {}).items():
            yield type_.name, name, field


def test_describes_everything(schema: GraphQLSchema) -> None:
    found = list(elements(schema))
    scalars = {"Date", "DateTime", "Decimal", "JSON"}

    undescribed = [(e.kind, e.name) for e in found if not e.definition.description and e.name not in scalars]

    assert undescribed == []
    assert len(found) > 800


def test_names_everything_in_the_usual_manner(schema: GraphQLSchema) -> None:
    manners = {"type": PASCAL_CASE, "enum value": UPPER_CASE}

    odd = [e for e in elements(schema) if not manners.get(e.kind, CAMEL_CASE).fullmatch(e.name)]

    assert odd == []


def test_bounds_every_list(schema: GraphQLSchema) -> None:
    """A list of objects is a page, says how long it is, or is counted against the cost with ten and cannot grow."""
    unbounded = [
        f"{type_name}.{name}"
        for type_name, name, field in fields(schema)
        if is_list_type(nullable(field.type))
        and is_composite_type(get_named_type(field.type))
        and not type_name.endswith(("Connection", "Payload"))
        and "first" not in getattr(field, "args", {})
        and declared(field, LIST_SIZE) is None
    ]

    assert sorted(unbounded) == sorted(DECLARED_LISTS)


# As long as what the installation or one answer declares, never as long as what a platform has stored.
DECLARED_LISTS = [
    "Health.checks", "Health.modules", "MetricValue.amounts", "Module.configSources", "Platform.modules",
    "Query.featureCatalog", "Query.menu", "Query.menuSettings", "Query.modules",
    "Query.permissionCatalog", "TogglePlan.rowsKept", "ValidationFailed.fields",
]  # fmt: skip


def test_pages_are_connections(schema: GraphQLSchema) -> None:
    paged = [(t, n, f) for t, n, f in fields(schema) if "first" in getattr(f, "args", {})]

    for type_name, name, field in paged:
        connection: Any = get_named_type(field.type)
        assert connection.name.endswith("Connection"), (type_name, name)
        assert set(connection.fields) == {"edges", "nodes", "pageInfo", "totalCount"}, connection.name
        assert set(field.args) >= {"first", "after"}, (type_name, name)
    assert len(paged) >= 15


def test_never_shows_money_as_a_float(schema: GraphQLSchema) -> None:
    floats = [
        f"{type_name}.{name}"
        for type_name, name, field in fields(schema)
        if get_named_type(field.type).name == "Float" and MONEY.search(name)
    ]

    assert floats == []
    assert str(schema.type_map["Money"].fields["amount"].type) == "Decimal!"  # type: ignore[attr-defined]


def test_answers_mutations_with_nullable_unions_named_after_them(schema: GraphQLSchema) -> None:
    mutations = schema.mutation_type
    assert mutations is not None
    for name, field in mutations.fields.items():
        title = name[0].upper() + name[1:]
        assert not isinstance(field.type, GraphQLNonNull), name
        result = field.type
        assert isinstance(result, GraphQLUnionType), name
        assert result.name == f"{title}Result"
        payloads = [member.name for member in result.types if not _is_error(member)]
        assert payloads == [f"{title}Payload"]
    assert len(mutations.fields) >= 25


def _is_error(member: GraphQLObjectType) -> bool:
    return "Error" in {interface.name for interface in member.interfaces}
