"""Keyset pages: stable under inserts, the same cost on every page, for one list or for many parents at once."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from operator import attrgetter
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

import orjson
from orjson import Fragment
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    bindparam,
    column,
    func,
    select,
    true,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute

from server.db.session import Session
from server.db.text import is_storable
from server.db.values import BIGINTS
from server.db.written import LARGE, Members, can_write, written
from server.errors import BadUserInput

MAX_PAGE = 100
DEFAULT_PAGE = 20
_INTEGER, _BIGINT = 2**31, 2**63
LIMIT, PARENTS = "page_limit", "page_parents"
MOST_MADE = 64
"""Clients choose what is written of rows, so there is no end of statements made of one."""
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


@dataclass(slots=True)
class Page(Generic[Item]):
    """One page of rows. `count` counts the whole list when asked."""

    rows: Sequence[Item]
    places: Sequence[Any] = field(repr=False)
    """For each row what its cursor is made of."""
    marks: tuple[str, str] = field(repr=False)
    """The columns of places with the value and the id that the cursor tells."""
    order: Order
    has_next: bool
    has_previous: bool
    count: Callable[[], Awaitable[int]] = field(compare=False)
    written: Fragment | None = None
    """The rows as PostgreSQL wrote them for the answer; `rows` is empty then."""

    def cursor(self, index: int) -> str:
        """Marks the place of a row in the list; negative indexes count from the end."""
        place, (value, id_) = self.places[index], self.marks
        return self.order.cursor(getattr(place, value), getattr(place, id_))

    @property
    def cursors(self) -> list[str]:
        """The cursors of all rows."""
        return [self.cursor(index) for index in range(len(self.places))]


def page_size(first: int | None) -> int:
    """`first`, checked: 1 to 100; raises `BadUserInput` otherwise."""
    size = DEFAULT_PAGE if first is None else first
    if not 1 <= size <= MAX_PAGE:
        raise BadUserInput(
            f"`first` is {size}; ask for 1 to {MAX_PAGE} and page on with `after`.", argument="first"
        )
    return size


async def fetch_page(
    session: Session,
    statement: Select[Any],
    order: Order,
    *,
    first: int | None,
    after: str | None,
    values: Mapping[str, Any] | None = None,
) -> Page[Any]:
    """The page of `statement` behind `after`. One statement; a second when counted.

    `values` are those of named parameters of the statement.
    """
    size = page_size(first)
    wanted = first_rows(statement, order, after)
    rows = await session.rows(wanted.statement, {**(values or {}), LIMIT: size + 1})

    async def count() -> int:
        counted = select(func.count()).select_from(statement.order_by(None).subquery())
        total: int = (await session.rows(counted, values))[0][0]
        return total

    return _page(rows, size, order, wanted, after, count)


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
    values: Mapping[str, Any] | None = None,
    members: Members | None = None,
) -> dict[int, Page[Any]]:
    """A page for each parent, all in one statement; `parent` is the statement's column with the parent's id.

    `values` are those of named parameters of the statement. With `members`, which say all that is asked of the
    pages, large lists come written: the pages have no rows then.
    """
    size = page_size(first)
    if members and len(parent_ids) * size >= LARGE and can_write(statement, members):
        wanted = written_rows_of_each(statement, parent, order, members, after)
        limit = {PARENTS: list(parent_ids), LIMIT: size}
        answers = await session.rows(wanted.statement, {**(values or {}), **limit})
        return {
            id_: Page((), (), wanted.marks, order, False, False, partial(count_of, id_), Fragment(text))
            for id_, text in answers
        }
    wanted = first_rows_of_each(statement, parent, order, after)
    rows = await session.rows(
        wanted.statement, {**(values or {}), PARENTS: list(parent_ids), LIMIT: size + 1}
    )
    by_parent: dict[int, list[Any]] = {id_: [] for id_ in parent_ids}
    parent_of = attrgetter(wanted.parent)
    for row in rows:
        by_parent[parent_of(row)].append(row)

    return {
        id_: _page(found, size, order, wanted, after, partial(count_of, id_))
        for id_, found in by_parent.items()
    }


@dataclass(frozen=True, slots=True)
class Listed:
    """A statement of pages, and the columns that tell a row's place and whose it is.

    Columns that it selects anyway tell it, others are added: each costs a list some time.
    """

    statement: Select[Any]
    marks: tuple[str, str]
    parent: str = ""


def first_rows(statement: Select[Any], order: Order, after: str | None = None) -> Listed:
    """The first `:page_limit` rows of `statement` behind `after`."""
    if after:
        return _first_rows(statement.where(order.after(after)), order)
    return _remembered(statement, (order.name,), lambda: _first_rows(statement, order))


def first_rows_of_each(statement: Select[Any], parent: Any, order: Order, after: str | None = None) -> Listed:
    """The first `:page_limit` rows of each of `:page_parents`, each found by an index of its own list."""
    if after:
        return _first_rows_of_each(statement.where(order.after(after)), parent, order)
    key = (order.name, str(parent))
    return _remembered(statement, key, lambda: _first_rows_of_each(statement, parent, order))


def written_rows_of_each(
    statement: Select[Any], parent: Any, order: Order, members: Members, after: str | None = None
) -> Listed:
    """The id of each of `:page_parents` and its first `:page_limit` rows, written."""
    if after:
        return _written_rows_of_each(statement.where(order.after(after)), parent, order, members)
    key = (order.name, str(parent), members)
    return _remembered(statement, key, lambda: _written_rows_of_each(statement, parent, order, members))


_MADE: WeakKeyDictionary[Select[Any], dict[tuple[Hashable, ...], Listed]] = WeakKeyDictionary()
"""Of statements that are made once: what pages of them look like."""


def _remembered(statement: Select[Any], key: tuple[Hashable, ...], make: Callable[[], Listed]) -> Listed:
    made = _MADE.setdefault(statement, {})
    if key not in made:
        if len(made) >= MOST_MADE:
            made.clear()
        made[key] = make()
    return made[key]


def _first_rows(statement: Select[Any], order: Order) -> Listed:
    statement, value = _with_column(statement, order.column, "page_order")
    statement, id_ = _with_column(statement, order.id, "page_id")
    limit = bindparam(LIMIT, type_=Integer())
    return Listed(statement.order_by(*order.clauses()).limit(limit), (value, id_))


def _first_rows_of_each(statement: Select[Any], parent: Any, order: Order) -> Listed:
    parents = _parents()
    of_one, parent_name = _with_column(statement, parent, "page_parent")
    first = _first_rows(of_one.where(parent == parents.c.id), order)
    own = first.statement.lateral("own")
    again = [own.c[name].desc() if order.descending else own.c[name].asc() for name in first.marks]
    rows = select(own).select_from(parents.join(own, true())).order_by(parents.c.place, *again)
    return Listed(rows, first.marks, parent_name)


def _written_rows_of_each(statement: Select[Any], parent: Any, order: Order, members: Members) -> Listed:
    parents = _parents()
    first = _first_rows(statement.where(parent == parents.c.id), order)
    answer = written(first.statement, members, correlate=parents)
    return Listed(select(parents.c.id, answer).select_from(parents).order_by(parents.c.place), first.marks)


def _parents() -> Any:
    ids = func.unnest(bindparam(PARENTS, type_=BIGINTS))
    listed = ids.table_valued(column("id", BigInteger()), with_ordinality="place", name="parents")
    return listed.render_derived()


def _with_column(statement: Select[Any], wanted: Any, label: str) -> tuple[Select[Any], str]:
    """The statement with the column, and what the column is called there."""
    if isinstance(wanted, InstrumentedAttribute):
        selected = statement.selected_columns.get(wanted.key)
        if selected is not None and selected.shares_lineage(wanted.expression):
            return statement, wanted.key
    return statement.add_columns(wanted.label(label)), label


def _page(
    rows: Sequence[Any],
    size: int,
    order: Order,
    listed: Listed,
    after: str | None,
    count: Callable[[], Awaitable[int]],
) -> Page[Any]:
    shown = rows[:size]
    return Page(
        rows=shown,
        places=shown,
        marks=listed.marks,
        order=order,
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
