"""Stores: who sees them, and how they are listed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, any_, func, select

from modules.tenancy.models import Store
from modules.tenancy.repository.shared import CountOf, insert_unless_taken, matching
from server.db.paging import Order, Page, fetch_page, fetch_pages
from server.db.repository import Repository
from server.db.statements import Row
from server.db.values import IDS
from server.db.written import Members


class StoreRepository(Repository[Store]):
    """Stores."""

    model = Store

    def within_merchants(self) -> ColumnElement[bool]:
        """The stores the caller may manage: all those of its merchants, not the single ones it works in."""
        condition: ColumnElement[bool] = Store.platform_id == self.platform_id
        if self.caller.sees_everything:
            return condition
        return and_(condition, Store.merchant_id.in_(self.caller.merchant_ids or ()))

    async def reachable(self, ids: Collection[int]) -> set[int]:
        """Those of the ids that are within reach."""
        statement = _reachable(everything=self.caller.sees_everything)
        return {row.id for row in await self.rows(statement, {**self.reach, "ids": list(ids)})}

    async def lock(self, id: int) -> Store | None:
        """The store, if the caller may manage it; nobody else changes it before this transaction ends."""
        statement = select(Store).where(self.within_merchants(), Store.id == id)
        return await self.one(
            statement.with_for_update(key_share=True).execution_options(populate_existing=True)
        )

    async def open_of(self, merchant_id: int) -> Sequence[Store]:
        """The merchant's open stores, locked."""
        statement = self.owned().where(Store.merchant_id == merchant_id, Store.closed_at.is_(None))
        return await self.all(statement.order_by(Store.id).with_for_update(key_share=True))

    async def insert_new(self, values: dict[str, Any]) -> Store | None:
        """A new store; None when the external id is taken."""
        return await self.one(insert_unless_taken(Store, self.platform_id, values))

    def matching(
        self,
        columns: tuple[str, ...] = (),
        *,
        search: str | None = None,
        merchant_id: int | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        closed: bool | None = None,
    ) -> Select[Any]:
        """The stores (or those columns) whose name or external id contains `search`, created in [after, before)."""
        statement = matching(self.reading(columns), Store, search, created_after, created_before)
        if merchant_id is not None:
            statement = statement.where(Store.merchant_id == merchant_id)
        if closed is not None:
            statement = statement.where(Store.closed_at.is_not(None) == closed)
        return statement

    async def page(
        self, statement: Select[Any], order: Order, first: int | None, after: str | None
    ) -> Page[Row]:
        """A page of the stores that are `matching`."""
        return await fetch_page(self.session, statement, order, first=first, after=after, values=self.reach)

    async def pages_by_merchant(
        self,
        merchant_ids: Sequence[int],
        order: Order,
        first: int | None,
        after: str | None,
        count_of: CountOf,
        *,
        columns: tuple[str, ...] = (),
        members: Members | None = None,
    ) -> dict[int, Page[Row]]:
        """A page of stores (or those columns) for each merchant, in one statement; `count_of` counts when asked."""
        return await fetch_pages(
            self.session,
            self.reading(columns),
            Store.merchant_id,
            merchant_ids,
            order,
            first=first,
            after=after,
            count_of=count_of,
            values=self.reach,
            members=members,
        )

    async def counts(self, merchant_ids: Iterable[int]) -> dict[int, int]:
        """How many stores within reach each merchant has; merchants without are absent."""
        statement = _counts(everything=self.caller.sees_everything)
        rows = await self.rows(statement, {**self.reach, "ids": list(merchant_ids)})
        return {row.merchant_id: row.stores for row in rows}


@cache
def _reachable(*, everything: bool) -> Select[Any]:
    return StoreRepository.selecting(Store.id, everything=everything).where(Store.id == any_(IDS))


@cache
def _counts(*, everything: bool) -> Select[Any]:
    counted = StoreRepository.selecting(
        Store.merchant_id, func.count().label("stores"), everything=everything
    )
    return counted.where(Store.merchant_id == any_(IDS)).group_by(Store.merchant_id)
