"""Whether all that is asked of a list are plain columns, and which: then PostgreSQL may write it."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from graphql import FieldNode
from strawberry.relay import Node
from strawberry.types.base import StrawberryOptional, get_object_definition
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from server.db.written import How, Member, Members
from server.graphql.selections import Conditional, Fragments, response_key, selected

HOW = {str: How.AS_IS, bool: How.AS_IS, int: How.AS_IS, datetime: How.INSTANT}


class _More(Exception):
    """Something is asked that is no plain column."""


def members_of(nodes: Sequence[FieldNode], fragments: Fragments, kind: type) -> Members | None:
    """What is asked of the nodes of a connection, in the order of the answer; None when it is more than columns."""
    try:
        below = [field for node in nodes for field in selected(node.selection_set, fragments, always=True)]
        if len({response_key(field) for field in below}) != 1 or any(
            field.name.value != "nodes" for field in below
        ):
            return None
        found: dict[str, Member] = {}
        for field in below:
            for column in selected(field.selection_set, fragments, always=True):
                found.setdefault(response_key(column), _member(column, kind))
    except (_More, Conditional):
        return None
    return tuple(found.values())


def _member(field: FieldNode, kind: type) -> Member:
    name, key = field.name.value, response_key(field)
    if name == "__typename":
        return Member(key, how=How.TYPENAME, type_name=get_object_definition(kind, strict=True).name)
    plain = _plain(kind).get(name)
    if plain is None or field.arguments:
        raise _More
    column, how, nullable = plain
    type_name = get_object_definition(kind, strict=True).name if how is How.GLOBAL_ID else ""
    return Member(key, column, how, type_name, nullable)


@cache
def _plain(kind: Any) -> dict[str, tuple[str, How, bool]]:
    """The fields of a type that may be columns, by their names in the schema: column, how, whether it may be null."""
    found = {}
    for name, field in plain_fields(kind).items():
        nullable = isinstance(field.type, StrawberryOptional)
        type_: Any = field.type.of_type if isinstance(field.type, StrawberryOptional) else field.type
        if type_ in HOW:
            found[name] = field.python_name, HOW[type_], nullable
    if issubclass(kind, Node) and _has_plain_id(kind):
        found["id"] = kind.resolve_id_attr(), How.GLOBAL_ID, False
    return found


@cache
def plain_fields(kind: Any) -> dict[str, StrawberryField]:
    """The fields of a type that are read from its objects as they are, by their names in the schema."""
    return {
        field.graphql_name or to_camel_case(field.python_name): field
        for field in get_object_definition(kind, strict=True).fields
        if field.is_basic_field
    }


def _has_plain_id(kind: type[Node]) -> bool:
    """Whether its global id is made in the usual way, of its local one."""
    return all(
        getattr(kind, name).__func__ is getattr(Node, name).__func__
        for name in ("resolve_id", "resolve_typename")
    )
