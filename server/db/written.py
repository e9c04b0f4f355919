"""Lists that PostgreSQL writes as JSON: large ones of plain columns, whose rows nobody looks at here.

The bytes are those that the application would write: compact, in the order asked for, instants in ISO 8601 with a
fraction of six digits or none, text escaped alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from sqlalchemy import (
    Boolean,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    String,
    Text,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
)

LARGE = 100
"""Rows from which writing them here costs more than having them written."""
LONGEST_KEY = 63
"""PostgreSQL cuts longer names."""

_FRACTION: ColumnElement[str] = literal_column("""'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'""")
_EMPTY: ColumnElement[str] = literal_column("'[]'")


class How(StrEnum):
    """How a value is written."""

    AS_IS = "as it is"
    INSTANT = "instant"
    GLOBAL_ID = "global id"
    TYPENAME = "typename"


@dataclass(frozen=True, slots=True)
class Member:
    """One member of each object: its key, and the column it holds. `type_name` is for ids and typenames."""

    key: str
    column: str = ""
    how: How = How.AS_IS
    type_name: str = ""
    nullable: bool = False


Members: TypeAlias = tuple[Member, ...]


def can_write(rows: Select[Any], members: Members) -> bool:
    """Whether the columns surely hold what the members may say: no null where none may be, no large integers."""
    return all(member.how is How.TYPENAME or _fits(rows.selected_columns, member) for member in members)


def _fits(columns: Any, member: Member) -> bool:
    column = columns.get(member.column)
    if column is None or len(member.key) > LONGEST_KEY:
        return False
    if not member.nullable and getattr(column, "nullable", True):
        return False
    if member.how is How.INSTANT:
        return isinstance(column.type, DateTime) and bool(column.type.timezone)
    if member.how is How.GLOBAL_ID:
        return isinstance(column.type, Integer)  # of any size
    # Integers of 64 bits are no Int of GraphQL.
    return isinstance(column.type, String | Boolean) or type(column.type) is Integer


def written(rows: Select[Any], members: Members, *, correlate: Any) -> ColumnElement[str]:
    """The rows as one JSON array, in their order. `rows` may refer to `correlate`, of the statement around."""
    own = rows.correlate(correlate).subquery("own")
    one = select(*(_value(own.c, member).label(member.key) for member in members)).subquery("one")
    array = func.array_to_json(func.array_agg(literal_column("one")))
    return select(func.coalesce(cast(array, Text), _EMPTY)).select_from(one).scalar_subquery()


def _value(columns: Any, member: Member) -> ColumnElement[Any]:
    if member.how is How.TYPENAME:
        return literal(member.type_name)
    column: ColumnElement[Any] = columns[member.column]
    if member.how is How.GLOBAL_ID:
        text = literal(f"{member.type_name}:").concat(cast(column, Text))
        encoded = func.encode(func.convert_to(text, literal_column("'UTF8'")), literal_column("'base64'"))
        # The lines of 76 characters that the function makes are for e-mail.
        return func.replace(encoded, literal_column(r"E'\n'"), literal_column("''"))
    if member.how is How.INSTANT:
        whole = column == func.date_trunc(literal_column("'second'"), column)
        return case((whole, func.to_json(column)), else_=func.to_json(func.to_char(column, _FRACTION)))
    return column
