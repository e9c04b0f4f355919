"""The base of every repository: statements start from the rows the caller may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from sqlalchemy import ColumnElement, Select, and_, false, or_, select

from server.db.base import PlatformOwned
from server.db.session import Session

Model = TypeVar("Model", bound=PlatformOwned)


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


class Repository(Generic[Model]):
    """Finds and stores rows of one table, for many at once."""

    model: ClassVar[type[Any]]

    def __init__(self, scope: Scope) -> None:
        self.session = scope.session
        self.platform_id = scope.platform_id
        self.caller = scope.caller

    def owned(self, *columns: Any) -> Select[Any]:
        """A select of the rows (or the given columns of them) in the caller's platform and reach."""
        return select(*(columns or (self.model,))).where(self.within_reach())

    def within_reach(self) -> ColumnElement[bool]:
        """The condition every statement of this repository carries."""
        condition: ColumnElement[bool] = self.model.platform_id == self.platform_id
        if self.caller.sees_everything:
            return condition
        reach: list[ColumnElement[bool]] = [false()]
        if self.model.merchant_column:
            merchant = getattr(self.model, self.model.merchant_column)
            reach.append(merchant.in_(self.caller.merchant_ids or ()))
        if self.model.store_column:
            reach.append(getattr(self.model, self.model.store_column).in_(self.caller.store_ids))
        return and_(condition, or_(*reach))

    async def by_ids(self, ids: Iterable[int]) -> dict[int, Model]:
        """The rows with these ids, by id; those out of reach are absent. One statement."""
        rows = await self.all(self.owned().where(self.model.id.in_(set(ids))))
        return {row.id: row for row in rows}

    async def one(self, statement: Select[Any]) -> Model | None:
        """The only row of `statement`, or None."""
        row: Model | None = (await self.session.execute(statement)).scalar_one_or_none()
        return row

    async def all(self, statement: Select[Any]) -> Sequence[Model]:
        """Every row of `statement`."""
        rows: Sequence[Model] = (await self.session.execute(statement)).scalars().all()
        return rows

    async def add(self, row: Model) -> Model:
        """Insert `row`, which belongs to the caller's platform, and learn its id."""
        row.platform_id = self.platform_id
        self.session.add(row)
        await self.session.flush()
        return row
