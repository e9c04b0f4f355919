"""What the kernel asks: who holds which role, and what a caller can reach."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select

from modules.tenancy.models import Membership
from modules.tenancy.repository import MerchantRepository, StoreRepository
from server.auth.caller import Grant
from server.contracts.metrics import ScopeKind
from server.db.repository import Scope
from server.db.session import Session


class TenancyDirectory:
    """Merchants, stores and memberships, for the kernel (`server.contracts.directory.Directory`)."""

    async def grants(self, session: Session, platform_id: int, user_id: int) -> Sequence[Grant]:
        """The roles the user holds on the session's platform."""
        statement = (
            select(Membership.role, Membership.merchant_id, Membership.store_id)
            .where(
                Membership.platform_id == platform_id,
                Membership.user_id == user_id,
                Membership.ended_at.is_(None),
            )
            .order_by(Membership.id)
        )
        return [Grant(*row) for row in await session.execute(statement)]

    async def reachable(self, scope: Scope, kind: ScopeKind, ids: Collection[int]) -> set[int]:
        """Those of the merchants (or stores) that exist and that the caller sees with all their numbers."""
        if kind is ScopeKind.PLATFORM:
            return {scope.platform_id}.intersection(ids) if scope.caller.sees_everything else set()
        repository = MerchantRepository(scope) if kind is ScopeKind.MERCHANT else StoreRepository(scope)
        return await repository.reachable(ids)
