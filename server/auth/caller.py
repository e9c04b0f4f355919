"""The caller of an operation: a user's session, an API key, or the system itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from server.auth.audience import Audience
from server.errors import Forbidden, Unauthenticated


class CallerKind(StrEnum):
    ANONYMOUS = "anonymous"
    SESSION = "session"
    API_KEY = "api_key"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Grant:
    """One role of a user on a platform, held for the platform, one merchant or one store."""

    role: str
    merchant_id: int | None = None
    store_id: int | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, with which rights, about which merchants and stores.

    `merchant_ids` is None when the caller may see everything of its platform. Otherwise it sees those
    merchants with all their stores, and the single stores in `store_ids`.
    """

    kind: CallerKind
    audience: Audience | None = None
    user_id: int | None = None
    email: str | None = None
    name: str | None = None
    credential_id: int | None = None
    platform_id: int | None = None
    is_operator: bool = False
    roles: tuple[str, ...] = ()
    permissions: frozenset[str] = field(default_factory=frozenset)
    merchant_ids: tuple[int, ...] | None = ()
    store_ids: tuple[int, ...] = ()
    expires_at: datetime | None = None
    by_cookie: bool = False

    @property
    def is_anonymous(self) -> bool:
        return self.kind is CallerKind.ANONYMOUS

    @property
    def sees_everything(self) -> bool:
        """Whether the caller's reach is its whole platform."""
        return self.merchant_ids is None

    def can(self, permission: str) -> bool:
        """Whether the caller holds `permission` on its platform."""
        return permission in self.permissions

    def require(self, permission: str) -> None:
        """Raise `Unauthenticated` or `Forbidden` unless the caller holds `permission`."""
        if self.is_anonymous:
            raise Unauthenticated("Sign in first: send a session token or API key as a bearer token.")
        if permission not in self.permissions:
            raise Forbidden(
                f"This needs the permission {permission}, which your roles do not include.",
                permission=permission,
            )


ANONYMOUS = Caller(kind=CallerKind.ANONYMOUS)


def system_caller(platform_id: int | None, permissions: frozenset[str]) -> Caller:
    """The caller of jobs, imports and the command line: every merchant and store, the given rights."""
    return Caller(
        kind=CallerKind.SYSTEM,
        audience=Audience.OPERATOR,
        platform_id=platform_id,
        is_operator=True,
        roles=("system",),
        permissions=permissions,
        merchant_ids=None,
    )
