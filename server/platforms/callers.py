"""Who a token speaks for: one look-up of the credential, one of its user's roles."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from server.auth.audience import Audience
from server.auth.caller import ANONYMOUS, Caller, CallerKind, Grant
from server.auth.tokens import token_hash
from server.clock import Clock
from server.context import PlatformRecord
from server.contracts.directory import Directory
from server.contracts.permissions import MERCHANT_MEMBER, OPERATOR, PLATFORM_ADMIN, STORE_STAFF, Permission
from server.db.engine import PLATFORM_SETTING
from server.db.session import Database, Session
from server.errors import FacetError, Forbidden, Unauthenticated
from server.platforms.checks.names import KERNEL
from server.telemetry.logging import get_logger

logger = get_logger(__name__)

TOUCH_EVERY = timedelta(minutes=1)

AUDIENCE_OF_ROLE: Mapping[str, Audience] = {
    OPERATOR: Audience.OPERATOR,
    PLATFORM_ADMIN: Audience.ADMIN,
    MERCHANT_MEMBER: Audience.MERCHANT,
    STORE_STAFF: Audience.STORE,
}

# The platform of the credential becomes the transaction's, so that the roles can be read in the same one.
_IDENTIFY = text(
    "SELECT found.*, set_config(:setting, coalesce(found.platform_id::text, ''), true)"
    " FROM facet_identify(:hash) AS found"
).bindparams(setting=PLATFORM_SETTING)
_TOUCH = text("SELECT facet_touch_credential(:hash, :used_at, :expires_at)")


@dataclass(frozen=True, slots=True)
class Account:
    """A user account, as far as callers need it."""

    id: int
    email: str
    name: str
    is_operator: bool = False


class Callers:
    """Turns tokens and accounts into callers."""

    def __init__(
        self,
        *,
        database: Database,
        directory: Directory,
        permissions: Mapping[str, Sequence[Permission]],
        modules_of: Callable[[int], Awaitable[Collection[str]]],
        clock: Clock,
        session_days: int,
    ) -> None:
        """`permissions` by module; those of `kernel` always count. `modules_of` tells a platform's modules.

        A session ends after `session_days` without use.
        """
        self._database = database
        self._directory = directory
        self._permissions = permissions
        self._modules_of = modules_of
        self._clock = clock
        self.session_lifetime = timedelta(days=session_days)

    async def identify(
        self, token: str | None, *, platform: PlatformRecord | None = None, by_cookie: bool = False
    ) -> Caller:
        """The caller `token` speaks for; `platform` is the one the request's path or host names.

        Raises `Unauthenticated` for a token that is unknown, expired or revoked, or whose user has no role
        here, and `Forbidden` for a token of another platform. Browsers send cookies unasked, so one that
        cannot be used makes an anonymous caller instead.
        """
        if token is None:
            return ANONYMOUS
        try:
            caller = await self._identify(token, platform)
        except (Unauthenticated, Forbidden):
            if by_cookie:
                return ANONYMOUS
            raise
        return replace(caller, by_cookie=by_cookie)

    async def of_account(
        self,
        account: Account,
        platform_id: int | None,
        *,
        credential_id: int | None = None,
        expires_at: datetime | None = None,
    ) -> Caller | None:
        """The caller that a session of `account` makes there; None when the account has no role there."""
        grants: Sequence[Grant] = ()
        if not account.is_operator and platform_id is not None:
            grants = await self._database.read(
                platform_id, lambda session: self._directory.grants(session, platform_id, account.id)
            )
        return await self._caller(
            Caller(
                kind=CallerKind.SESSION,
                user_id=account.id,
                email=account.email,
                name=account.name,
                credential_id=credential_id,
                platform_id=platform_id,
                is_operator=account.is_operator,
                expires_at=expires_at,
            ),
            grants,
        )

    def permissions_of(self, roles: Collection[str], modules: Collection[str]) -> frozenset[str]:
        """The codes of the permissions these roles hold while `modules` are enabled."""
        return frozenset(
            permission.code
            for module in {KERNEL, *modules}
            for permission in self._permissions.get(module, ())
            if not set(permission.roles).isdisjoint(roles)
        )

    async def _identify(self, token: str, platform: PlatformRecord | None) -> Caller:
        hash_ = token_hash(token)
        if hash_ is None:
            raise Unauthenticated("This is no session token or API key: those begin with fs_ or fk_.")

        async def read(session: Session) -> tuple[Any, Caller, Sequence[Grant]]:
            row = (await session.execute(_IDENTIFY, {"hash": hash_})).one_or_none()
            caller = self._credential(row, platform)
            if row.is_operator or caller.platform_id is None:
                return row, caller, ()
            return row, caller, await self._directory.grants(session, caller.platform_id, row.user_id)

        row, caller, grants = await self._database.read(None, read)
        found = await self._caller(caller, grants, is_operator=row.is_operator, scopes=row.scopes)
        if found is None:
            raise Unauthenticated("The account of this token has no role on this platform any more.")
        if row.last_used_at is None or self._clock.now() - row.last_used_at >= TOUCH_EVERY:
            await self._touch(hash_)
        return found

    def _credential(self, row: Any, platform: PlatformRecord | None) -> Caller:
        """The caller without its rights yet, once the credential is known to be good."""
        now = self._clock.now()
        if row is None or row.revoked_at is not None or not row.is_active:
            raise Unauthenticated(
                "This token is unknown or was revoked: sign in again, or ask for a new API key."
            )
        if row.expires_at is not None and row.expires_at <= now:
            raise Unauthenticated("This token has expired: sign in again, or ask for a new API key.")
        if platform is not None and row.platform_id not in (None, platform.id):
            raise Forbidden(
                f"This token belongs to another platform than {platform.code}: sign in on {platform.code}."
            )
        platform_id = row.platform_id or (platform.id if platform and row.is_operator else None)
        return Caller(
            kind=CallerKind(row.kind),
            user_id=row.user_id,
            email=row.email,
            name=row.name,
            credential_id=row.credential_id,
            platform_id=platform_id,
            is_operator=row.is_operator and row.kind == CallerKind.SESSION,
            expires_at=row.expires_at,
        )

    async def _caller(
        self,
        caller: Caller,
        grants: Sequence[Grant],
        *,
        is_operator: bool = False,
        scopes: list[str] | None = None,
    ) -> Caller | None:
        """`caller` with the rights and reach of its grants. A key of an operator acts as an administrator."""
        if caller.is_operator:
            grants = (Grant(OPERATOR),)
        elif is_operator:
            grants = (Grant(PLATFORM_ADMIN),)
        roles = tuple(role for role in AUDIENCE_OF_ROLE if any(grant.role == role for grant in grants))
        if not roles:
            return None
        modules: Collection[str] = self._permissions
        if caller.platform_id is not None:
            modules = await self._modules_of(caller.platform_id)
        permissions = self.permissions_of(roles, modules)
        merchant_ids, store_ids = reach_of(grants)
        return replace(
            caller,
            audience=AUDIENCE_OF_ROLE[roles[0]],
            roles=roles,
            permissions=permissions if scopes is None else permissions.intersection(scopes),
            merchant_ids=merchant_ids,
            store_ids=store_ids,
        )

    async def _touch(self, hash_: bytes) -> None:
        """Note the use and let a session live on. Reading goes on when this cannot be written."""
        now = self._clock.now()
        values = {"hash": hash_, "used_at": now, "expires_at": now + self.session_lifetime}
        try:
            async with self._database.begin(None) as session:
                await session.execute(_TOUCH, values)
        except (SQLAlchemyError, FacetError) as error:
            logger.warning("credential_not_touched", error=type(error).__name__)


def reach_of(grants: Iterable[Grant]) -> tuple[tuple[int, ...] | None, tuple[int, ...]]:
    """The merchants (None: all) and the single stores the grants reach."""
    merchants: set[int] = set()
    stores: set[int] = set()
    for grant in grants:
        if grant.store_id is not None:
            stores.add(grant.store_id)
        elif grant.merchant_id is not None:
            merchants.add(grant.merchant_id)
        else:
            return None, ()
    return tuple(sorted(merchants)), tuple(sorted(stores))
