"""Memberships: who works where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.dialects.postgresql import insert

from modules.tenancy.models import Membership
from modules.tenancy.repository.shared import CountOf
from server.db.paging import Order, Page, fetch_pages
from server.db.repository import Repository


class MembershipRepository(Repository[Membership]):
    """Memberships."""

    model = Membership

    def within_merchants(self) -> ColumnElement[bool]:
        """The memberships the caller may manage."""
        condition: ColumnElement[bool] = Membership.platform_id == self.platform_id
        if self.caller.sees_everything:
            return condition
        return and_(condition, Membership.merchant_id.in_(self.caller.merchant_ids or ()))

    def open(self) -> Select[Any]:
        """The memberships within reach that have not ended."""
        return self.owned().where(Membership.ended_at.is_(None))

    async def lock(self, id: int) -> Membership | None:
        """The open membership, if the caller may manage it, locked."""
        statement = select(Membership).where(
            self.within_merchants(), Membership.id == id, Membership.ended_at.is_(None)
        )
        return await self.one(
            statement.with_for_update(key_share=True).execution_options(populate_existing=True)
        )

    async def lock_administrators(self) -> Sequence[Membership]:
        """The open memberships of the platform's administrators, locked."""
        statement = self.open().where(Membership.role == "platform_admin", Membership.user_id.is_not(None))
        return await self.all(statement.order_by(Membership.id).with_for_update(key_share=True))

    async def insert_new(self, values: dict[str, Any]) -> Membership | None:
        """A new membership; None when the person has the same one already."""
        statement = (
            insert(Membership)
            .values(platform_id=self.platform_id, **values)
            .on_conflict_do_nothing()
            .returning(Membership)
        )
        row: Membership | None = (await self.session.execute(statement)).scalar_one_or_none()
        return row

    async def pages_by_merchant(
        self,
        merchant_ids: Sequence[int],
        order: Order,
        first: int | None,
        after: str | None,
        count_of: CountOf,
    ) -> dict[int, Page[Membership]]:
        """A page of open memberships for each merchant, in one statement; `count_of` counts when asked."""
        return await fetch_pages(
            self.session,
            self.open(),
            Membership.merchant_id,
            merchant_ids,
            order,
            first=first,
            after=after,
            count_of=count_of,
        )

    async def counts(self, merchant_ids: Iterable[int]) -> dict[int, int]:
        """How many open memberships within reach each merchant has; merchants without are absent."""
        statement = (
            self.owned(Membership.merchant_id, func.count())
            .where(Membership.ended_at.is_(None), Membership.merchant_id.in_(set(merchant_ids)))
            .group_by(Membership.merchant_id)
        )
        return {row[0]: row[1] for row in await self.session.execute(statement)}
