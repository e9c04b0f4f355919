"""What the kernel asks: who holds which role, and what a caller can reach."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import bindparam, select

from modules.tenancy.models import Membership
from modules.tenancy.repository import MerchantRepository, StoreRepository
from server.auth.caller import Grant
from server.contracts.metrics import ScopeKind
from server.db.repository import Scope
from server.db.session import Session

_GRANTS = (
    select(Membership.role, Membership.merchant_id, Membership.store_id)
    .where(
        Membership.platform_id == bindparam("platform_id", required=True),
        Membership.user_id == bindparam("user_id", required=True),
        Membership.ended_at.is_(None),
    )
    .order_by(Membership.id)
)


class TenancyDirectory:
    """Merchants, stores and memberships, for the kernel (`server.contracts.directory.Directory`)."""

    async def grants(self, session: Session, platform_id: int, user_id: int) -> Sequence[Grant]:
        """The roles the user holds on the session's platform."""
        rows = await session.rows(_GRANTS, {"platform_id": platform_id, "user_id": user_id})
        return [Grant(*row) for row in rows]

    async def reachable(self, scope: Scope, kind: ScopeKind, ids: Collection[int]) -> set[int]:
        """Those of the merchants (or stores) that exist and that the caller sees with all their numbers."""
        if kind is ScopeKind.PLATFORM:
            return {scope.platform_id}.intersection(ids) if scope.caller.sees_everything else set()
        repository = MerchantRepository(scope) if kind is ScopeKind.MERCHANT else StoreRepository(scope)
        return await repository.reachable(ids)
