"""Merchants: who sees them, and how they are listed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, any_, func, select

from modules.tenancy.models import Merchant, Store
from modules.tenancy.repository.shared import insert_unless_taken, matching
from server.db.paging import Order, Page, fetch_page
from server.db.repository import Bounds, Repository, parameters
from server.db.statements import Row
from server.db.values import BIGINTS, IDS


class MerchantRepository(Repository[Merchant]):
    """Merchants. Who may see a store may see the name of its merchant, and nothing else of it."""

    model = Merchant

    @classmethod
    def within(cls, bounds: Bounds) -> ColumnElement[bool]:
        if bounds.everything:
            return cls.wholly_within(bounds)
        of_stores = select(Store.merchant_id).where(
            Store.platform_id == bounds.platform_id, Store.id == any_(bounds.store_ids)
        )
        # One list, so that an index finds them however many merchants the platform has.
        named = func.array(of_stores.scalar_subquery(), type_=BIGINTS)
        ids = func.array_cat(bounds.merchant_ids, named, type_=BIGINTS)
        return and_(Merchant.platform_id == bounds.platform_id, Merchant.id == any_(ids))

    @classmethod
    def wholly_within(cls, bounds: Bounds) -> ColumnElement[bool]:
        """The merchants the caller sees with all their stores and numbers."""
        return super().within(bounds)

    def wholly_within_reach(self) -> ColumnElement[bool]:
        """`wholly_within` for this caller."""
        return self.wholly_within(self.bounds)

    async def reachable(self, ids: Collection[int]) -> set[int]:
        """Those of the ids that are wholly within reach."""
        statement = _reachable(everything=self.caller.sees_everything)
        return {row.id for row in await self.rows(statement, {**self.reach, "ids": list(ids)})}

    async def whole(self, id: int) -> Merchant | None:
        """The merchant, if it is wholly within reach."""
        return await self.one(select(Merchant).where(self.wholly_within_reach(), Merchant.id == id))

    async def lock(self, id: int) -> Merchant | None:
        """The merchant, if it is wholly within reach; nobody else changes it before this transaction ends."""
        statement = select(Merchant).where(self.wholly_within_reach(), Merchant.id == id)
        return await self.one(
            statement.with_for_update(key_share=True).execution_options(populate_existing=True)
        )

    async def insert_new(
        self, *, name: str, external_id: str | None, created_at: datetime
    ) -> Merchant | None:
        """A new merchant; None when the external id is taken."""
        values = {"name": name, "external_id": external_id, "created_at": created_at}
        return await self.one(insert_unless_taken(Merchant, self.platform_id, values))

    def matching(
        self,
        columns: tuple[str, ...] = (),
        *,
        search: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        archived: bool | None = None,
    ) -> Select[Any]:
        """The merchants (or those columns) whose name or external id contains `search`, created in [after, before)."""
        statement = matching(self.reading(columns), Merchant, search, created_after, created_before)
        if archived is not None:
            statement = statement.where(Merchant.archived_at.is_not(None) == archived)
        return statement

    async def page(
        self, statement: Select[Any], order: Order, first: int | None, after: str | None
    ) -> Page[Row]:
        """A page of the merchants that are `matching`."""
        return await fetch_page(self.session, statement, order, first=first, after=after, values=self.reach)


@cache
def _reachable(*, everything: bool) -> Select[Any]:
    within = MerchantRepository.wholly_within(parameters(everything=everything))
    return select(Merchant.id).where(within, Merchant.id == any_(IDS))
