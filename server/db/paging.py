"""Keyset pages: stable under inserts, the same cost on every page, for one list or for many parents at once."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import orjson
from sqlalchemy import BigInteger, ColumnElement, Select, func, select, tuple_
from sqlalchemy.orm import aliased

from server.db.session import Session
from server.db.text import is_storable
from server.errors import BadUserInput

MAX_PAGE = 100
DEFAULT_PAGE = 20
_INTEGER, _BIGINT = 2**31, 2**63
Item = TypeVar("Item")


@dataclass(frozen=True)
class Order:
    """How a list is ordered: by `column`, ties by `id`, both in one direction. `name` is part of the cursor."""

    name: str
    column: Any
    id: Any
    descending: bool = False

    def clauses(self) -> list[Any]:
        columns = (self.column, self.id)
        return [column.desc() if self.descending else column.asc() for column in columns]

    def after(self, cursor: str) -> ColumnElement[bool]:
        """The rows behind `cursor`; raises `BadUserInput` for a cursor of another list or order."""
        value, id_ = _decode(cursor, self.name)
        value = _value(value, self.column.type)
        left, right = tuple_(self.column, self.id), tuple_(value, id_)
        return left < right if self.descending else left > right

    def cursor(self, value: Any, id_: int) -> str:
        body = orjson.dumps([self.name, value, id_])
        return base64.urlsafe_b64encode(body).decode().rstrip("=")


@dataclass(frozen=True)
class Page(Generic[Item]):
    """One page of rows with their cursors. `count` counts the whole list when asked."""

    rows: Sequence[Item]
    cursors: Sequence[str]
    has_next: bool
    has_previous: bool
    count: Callable[[], Awaitable[int]] = field(compare=False)


def page_size(first: int | None) -> int:
    """`first`, checked: 1 to 100; raises `BadUserInput` otherwise."""
    size = DEFAULT_PAGE if first is None else first
    if not 1 <= size <= MAX_PAGE:
        raise BadUserInput(
            f"`first` is {size}; ask for 1 to {MAX_PAGE} and page on with `after`.", argument="first"
        )
    return size


async def fetch_page(
    session: Session, statement: Select[Any], order: Order, *, first: int | None, after: str | None
) -> Page[Any]:
    """The page of `statement` (a select of one entity) behind `after`. One statement; a second when counted."""
    size = page_size(first)
    rows_of = statement.add_columns(order.column.label("page_order"), order.id.label("page_id"))
    if after:
        rows_of = rows_of.where(order.after(after))
    rows = (await session.execute(rows_of.order_by(*order.clauses()).limit(size + 1))).all()

    async def count() -> int:
        total: int = await session.scalar(
            select(func.count()).select_from(statement.order_by(None).subquery())
        )
        return total

    return _page(rows, size, order, after, count)


async def fetch_pages(
    session: Session,
    statement: Select[Any],
    parent: Any,
    parent_ids: Sequence[int],
    order: Order,
    *,
    first: int | None,
    after: str | None,
    count_of: Callable[[int], Awaitable[int]],
) -> dict[int, Page[Any]]:
    """A page for each parent, all in one statement. `statement` selects one entity; `parent` is its column."""
    size = page_size(first)
    inner = statement.where(parent.in_(parent_ids))
    if after:
        inner = inner.where(order.after(after))
    rank = func.row_number().over(partition_by=parent, order_by=tuple(order.clauses())).label("page_rank")
    ranked = inner.add_columns(
        rank, parent.label("page_parent"), order.column.label("page_order"), order.id.label("page_id")
    ).subquery()
    entity = statement.column_descriptions[0]["entity"]
    model: Any = aliased(entity, ranked)
    columns: tuple[Any, ...] = (model, ranked.c.page_order, ranked.c.page_id, ranked.c.page_parent)
    rows = (
        await session.execute(
            select(*columns)
            .where(ranked.c.page_rank <= size + 1)
            .order_by(ranked.c.page_parent, ranked.c.page_rank)
        )
    ).all()
    by_parent: dict[int, list[Any]] = {id_: [] for id_ in parent_ids}
    for row in rows:
        by_parent[row.page_parent].append(row)

    def counter(parent_id: int) -> Callable[[], Awaitable[int]]:
        return lambda: count_of(parent_id)

    return {id_: _page(found, size, order, after, counter(id_)) for id_, found in by_parent.items()}


def _page(
    rows: Sequence[Any], size: int, order: Order, after: str | None, count: Callable[[], Awaitable[int]]
) -> Page[Any]:
    shown = rows[:size]
    return Page(
        rows=[row[0] for row in shown],
        cursors=[order.cursor(row.page_order, row.page_id) for row in shown],
        has_next=len(rows) > size,
        has_previous=after is not None,
        count=count,
    )


def _decode(cursor: str, name: str) -> tuple[Any, int]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        found, value, id_ = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, TypeError) as error:
        raise _bad_cursor() from error
    if found != name:
        raise _bad_cursor()
    return value, _integer(id_, _BIGINT)


def _value(value: Any, kind: Any) -> Any:
    """`value` of a cursor as the column has it; clients can put anything there."""
    if kind.python_type is datetime:
        return _instant(value)
    if kind.python_type is int:
        return _integer(value, _BIGINT if isinstance(kind, BigInteger) else _INTEGER)
    if not isinstance(value, str) or not is_storable(value):
        raise _bad_cursor()
    return value


def _integer(value: Any, bound: int) -> int:
    if type(value) is not int or not -bound <= value < bound:
        raise _bad_cursor()
    return value


def _instant(value: Any) -> datetime:
    try:
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is None:
            raise _bad_cursor()
        return instant.astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise _bad_cursor() from error


def _bad_cursor() -> BadUserInput:
    return BadUserInput(
        "`after` is not a cursor of this list in this order; take it from `pageInfo.endCursor` of the page before.",
        argument="after",
    )
