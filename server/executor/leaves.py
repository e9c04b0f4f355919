"""Values of scalars and enums: what is surely right is recognised by its type, the rest goes the type's own way."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLScalarType,
    GraphQLString,
    Undefined,
)
from graphql.type.scalars import GRAPHQL_MAX_INT, GRAPHQL_MIN_INT
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.types.base_scalars import (
    DateDefinition,
    DateTimeDefinition,
    DecimalDefinition,
    UUIDDefinition,
)
from strawberry.types.scalar import ScalarDefinition

from server.executor.calls import DEFINITION
from server.executor.surprise import Surprise

Leaf = GraphQLScalarType | GraphQLEnumType

_LARGEST = repr(sys.float_info.max)
_UNFIT: dict[int, str] = {
    id(GraphQLString): "type({v}) is not str",
    id(GraphQLID): "type({v}) is not str",
    id(GraphQLBoolean): "{v} is not True and {v} is not False",
    id(GraphQLInt): f"type({{v}}) is not int or not {GRAPHQL_MIN_INT} <= {{v}} <= {GRAPHQL_MAX_INT}",
    id(GraphQLFloat): f"type({{v}}) is not float or not -{_LARGEST} <= {{v}} <= {_LARGEST}",
}
"""For each built-in scalar the test that a value has to go the slow way; the others stay as they are."""

_WRITTEN: tuple[tuple[ScalarDefinition, type, str], ...] = (
    (DateTimeDefinition, datetime, "{v}.isoformat()"),
    (DateDefinition, date, "{v}.isoformat()"),
    (DecimalDefinition, Decimal, "str({v})"),
    (UUIDDefinition, UUID, "str({v})"),
)
"""Strawberry's own scalars: the type of their values and how these are written."""

_PLAIN = frozenset({bool, int, float, str})
"""Types whose values are neither missing nor errors, and are not awaited."""
KNOWN = {"datetime": datetime, "date": date, "Decimal": Decimal, "UUID": UUID}


def unfit(leaf: Leaf) -> str | None:
    """The test for a value that has to go the slow way, for types whose other values stay as they are."""
    return _UNFIT.get(id(leaf))


def written(leaf: Leaf) -> tuple[str, str] | None:
    """The name in `KNOWN` of the class of the type's values, and the expression that writes one."""
    definition = leaf.extensions.get(DEFINITION)
    for known, cls, expression in _WRITTEN:
        if isinstance(leaf, GraphQLScalarType) and definition is known and leaf.serialize is known.serialize:
            return cls.__name__, expression
    return None


def names_of(enum: GraphQLEnumType) -> dict[int, str]:
    """The names of the members of the Python enum behind a type, by the members' identity."""
    names = {}
    for member in getattr(enum, "wrapped_cls", ()):
        with suppress(Exception):
            names[id(member)] = enum.coerce_output_value(member)
    return names


def slow(leaf: Leaf, where: str, *, nullable: bool) -> Callable[[Any], Any]:
    """The function that completes any value as graphql-core does, or raises for what would be an error there."""
    coerce = leaf.coerce_output_value

    def complete(value: Any) -> Any:
        if value is None and nullable:
            return None
        if type(value) not in _PLAIN and (
            value is None
            or value is Undefined
            or isinstance(value, BaseException)
            or optimized_is_awaitable(value)
        ):
            raise Surprise(where)
        completed = coerce(value)
        if type(completed) not in _PLAIN and (
            completed is None or completed is Undefined or optimized_is_awaitable(completed)
        ):
            raise Surprise(where)
        return completed

    return complete
