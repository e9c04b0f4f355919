"""The base of every repository: statements start from the rows the caller may see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from sqlalchemy import BigInteger, ColumnElement, Executable, Select, and_, any_, bindparam, or_, select

from server.db.base import PlatformOwned
from server.db.session import Session
from server.db.values import BIGINTS, IDS

Model = TypeVar("Model", bound=PlatformOwned)

MOST_READING = 256
"""Clients choose columns, so there is no end of statements with some of them."""


class Reach(Protocol):
    """Which merchants and stores the rows may belong to (`server.auth.caller.Caller`)."""

    @property
    def sees_everything(self) -> bool: ...
    @property
    def merchant_ids(self) -> tuple[int, ...] | None: ...
    @property
    def store_ids(self) -> tuple[int, ...]: ...


class Scope(Protocol):
    """What a repository needs of a context."""

    @property
    def session(self) -> Session: ...
    @property
    def platform_id(self) -> int: ...
    @property
    def caller(self) -> Reach: ...


@dataclass(frozen=True)
class Bounds:
    """What rows must keep within: values, or the parameters that stand for them (`PARAMETERS`)."""

    platform_id: Any
    merchant_ids: Any
    store_ids: Any
    everything: bool
    """All of the platform; else what the merchants and stores own."""


def parameters(*, everything: bool) -> Bounds:
    """Bounds for a statement that is made once; `Repository.reach` gives the values of its parameters."""
    return Bounds(
        bindparam("reach_platform_id", type_=BigInteger(), required=True),
        bindparam("reach_merchant_ids", type_=BIGINTS, required=True),
        bindparam("reach_store_ids", type_=BIGINTS, required=True),
        everything,
    )


class Repository(Generic[Model]):
    """Finds and stores rows of one table, for many at once.

    What only reads uses `rows`: it makes no ORM instances. A statement that runs often is made once, from
    `reading` or `selecting`, and run with the values of `reach`.
    """

    model: ClassVar[type[Any]]

    def __init__(self, scope: Scope) -> None:
        self.session = scope.session
        self.platform_id = scope.platform_id
        self.caller = scope.caller

    @classmethod
    def within(cls, bounds: Bounds) -> ColumnElement[bool]:
        """The condition every statement of this repository carries."""
        model = cls.model
        condition: ColumnElement[bool] = model.platform_id == bounds.platform_id
        if bounds.everything:
            return condition
        reach: list[ColumnElement[bool]] = []
        if model.merchant_column:
            reach.append(getattr(model, model.merchant_column) == any_(bounds.merchant_ids))
        if model.store_column:
            reach.append(getattr(model, model.store_column) == any_(bounds.store_ids))
        return and_(condition, or_(False, *reach))

    @classmethod
    def selecting(cls, *columns: Any, everything: bool) -> Select[Any]:
        """A select of the rows (or the given columns of them) within the reach that `reach` tells when it runs."""
        return select(*(columns or (cls.model,))).where(cls.within(parameters(everything=everything)))

    @property
    def bounds(self) -> Bounds:
        """The caller's platform and reach."""
        return Bounds(
            self.platform_id,
            bindparam(None, list(self.caller.merchant_ids or ()), type_=BIGINTS),
            bindparam(None, list(self.caller.store_ids), type_=BIGINTS),
            self.caller.sees_everything,
        )

    @property
    def reach(self) -> dict[str, Any]:
        """The values for a statement of `selecting`."""
        values: dict[str, Any] = {"reach_platform_id": self.platform_id}
        if not self.caller.sees_everything:
            values["reach_merchant_ids"] = list(self.caller.merchant_ids or ())
            values["reach_store_ids"] = list(self.caller.store_ids)
        return values

    def reading(self, columns: tuple[str, ...] = ()) -> Select[Any]:
        """A select of the rows (or those columns of them) in the caller's platform and reach.

        It is made once for all callers alike, and runs with the values of `reach`.
        """
        kind: Any = type(self)
        return _reading(kind, self.caller.sees_everything, columns)

    def owned(self, *columns: Any) -> Select[Any]:
        """A select of the rows (or the given columns of them) in the caller's platform and reach."""
        return select(*(columns or (self.model,))).where(self.within_reach())

    def within_reach(self) -> ColumnElement[bool]:
        """`within` for this caller."""
        return self.within(self.bounds)

    async def rows(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Sequence[Any]:
        """Every row of `statement`, with named access to its columns."""
        return await self.session.rows(statement, values)

    async def rows_by_ids(self, ids: Iterable[int]) -> dict[int, Any]:
        """The rows with these ids, by id; those out of reach are absent. One statement."""
        kind: Any = type(self)
        statement = _by_ids(kind, self.caller.sees_everything)
        rows = await self.session.rows(statement, {**self.reach, "ids": list(set(ids))})
        return {row.id: row for row in rows}

    async def by_ids(self, ids: Iterable[int]) -> dict[int, Model]:
        """The rows with these ids, to change them; those out of reach are absent. One statement."""
        rows = await self.all(self.owned().where(self.model.id.in_(set(ids))))
        return {row.id: row for row in rows}

    async def one(self, statement: Select[Any]) -> Model | None:
        """The only row of `statement`, or None."""
        row: Model | None = (await self.session.execute(statement)).scalar_one_or_none()
        return row

    async def all(self, statement: Select[Any]) -> Sequence[Model]:
        """Every row of `statement`, to change them."""
        rows: Sequence[Model] = (await self.session.execute(statement)).scalars().all()
        return rows

    async def add(self, row: Model) -> Model:
        """Insert `row`, which belongs to the caller's platform, and learn its id."""
        row.platform_id = self.platform_id
        self.session.add(row)
        await self.session.flush()
        return row


@lru_cache(MOST_READING)
def _reading(repository: Any, everything: bool, columns: tuple[str, ...]) -> Select[Any]:
    selected = (getattr(repository.model, name) for name in columns)
    statement: Select[Any] = repository.selecting(*selected, everything=everything)
    return statement


@cache
def _by_ids(repository: Any, everything: bool) -> Select[Any]:
    return _reading(repository, everything, ()).where(repository.model.id == any_(IDS))
