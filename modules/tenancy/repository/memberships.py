"""Memberships: who works where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, any_, func, select
from sqlalchemy.dialects.postgresql import insert

from modules.tenancy.models import Membership
from modules.tenancy.repository.shared import CountOf
from server.db.paging import Order, Page, fetch_pages
from server.db.repository import Repository
from server.db.statements import Row
from server.db.values import IDS


class MembershipRepository(Repository[Membership]):
    """Memberships."""

    model = Membership

    def within_merchants(self) -> ColumnElement[bool]:
        """The memberships the caller may manage."""
        condition: ColumnElement[bool] = Membership.platform_id == self.platform_id
        if self.caller.sees_everything:
            return condition
        return and_(condition, Membership.merchant_id.in_(self.caller.merchant_ids or ()))

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
        statement = self.owned().where(
            Membership.ended_at.is_(None),
            Membership.role == "platform_admin",
            Membership.user_id.is_not(None),
        )
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
    ) -> dict[int, Page[Row]]:
        """A page of open memberships for each merchant, in one statement; `count_of` counts when asked."""
        return await fetch_pages(
            self.session,
            _open(everything=self.caller.sees_everything),
            Membership.merchant_id,
            merchant_ids,
            order,
            first=first,
            after=after,
            count_of=count_of,
            values=self.reach,
        )

    async def counts(self, merchant_ids: Iterable[int]) -> dict[int, int]:
        """How many open memberships within reach each merchant has; merchants without are absent."""
        statement = _counts(everything=self.caller.sees_everything)
        rows = await self.rows(statement, {**self.reach, "ids": list(merchant_ids)})
        return {row.merchant_id: row.members for row in rows}


@cache
def _open(*, everything: bool) -> Select[Any]:
    return MembershipRepository.selecting(everything=everything).where(Membership.ended_at.is_(None))


@cache
def _counts(*, everything: bool) -> Select[Any]:
    counted = MembershipRepository.selecting(
        Membership.merchant_id, func.count().label("members"), everything=everything
    ).where(Membership.ended_at.is_(None), Membership.merchant_id == any_(IDS))
    return counted.group_by(Membership.merchant_id)
