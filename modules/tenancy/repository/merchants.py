"""Merchants: who sees them, and how they are listed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, any_, or_, select

from modules.tenancy.models import Merchant, Store
from modules.tenancy.repository.shared import insert_unless_taken, matching
from server.db.paging import Order, Page, fetch_page
from server.db.repository import Bounds, Repository


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
        named = and_(Merchant.platform_id == bounds.platform_id, Merchant.id.in_(of_stores))
        return or_(cls.wholly_within(bounds), named)

    @classmethod
    def wholly_within(cls, bounds: Bounds) -> ColumnElement[bool]:
        """The merchants the caller sees with all their stores and numbers."""
        return super().within(bounds)

    def wholly_within_reach(self) -> ColumnElement[bool]:
        return self.wholly_within(self.bounds)

    async def reachable(self, ids: Collection[int]) -> set[int]:
        """Those of the ids that are wholly within reach."""
        statement = select(Merchant.id).where(self.wholly_within_reach(), Merchant.id.in_(ids))
        return set((await self.session.execute(statement)).scalars())

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
        *,
        search: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        archived: bool | None = None,
    ) -> Select[Any]:
        """The merchants whose name or external id contains `search`, created in [after, before)."""
        statement = matching(self.owned(), Merchant, search, created_after, created_before)
        if archived is not None:
            statement = statement.where(Merchant.archived_at.is_not(None) == archived)
        return statement

    async def page(
        self, statement: Select[Any], order: Order, first: int | None, after: str | None
    ) -> Page[Merchant]:
        return await fetch_page(self.session, statement, order, first=first, after=after)
