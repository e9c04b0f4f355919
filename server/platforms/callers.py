"""Who a token speaks for: from memory when it was asked lately, else by one look-up of the credential and one
of its user's roles."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from server.auth.audience import Audience
from server.auth.caller import ANONYMOUS, Caller, CallerKind, Grant
from server.auth.tokens import token_hash
from server.clock import Clock
from server.context import PlatformRecord
from server.contracts.directory import Directory
from server.contracts.permissions import MERCHANT_MEMBER, OPERATOR, PLATFORM_ADMIN, STORE_STAFF, Permission
from server.db.engine import PLATFORM_SETTING
from server.db.session import Database, Session
from server.errors import Forbidden, Unauthenticated
from server.platforms.cache import Freshness
from server.platforms.checks.names import KERNEL
from server.platforms.remembered import Credential, RememberedTokens
from server.platforms.touches import Touches

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
        freshness: Freshness,
        remembered: int = 10_000,
    ) -> None:
        """`permissions` by module; those of `kernel` always count. `modules_of` tells a platform's modules.

        A session ends after `session_days` without use. The tokens used last are `remembered`, each for as long
        as `freshness` says.
        """
        self._database = database
        self._directory = directory
        self._permissions = permissions
        self._modules_of = modules_of
        self._clock = clock
        self.session_lifetime = timedelta(days=session_days)
        self.tokens = RememberedTokens(self._look_up, freshness, max_size=remembered)
        self.touches = Touches(database, self.session_lifetime)

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
            return await self._identify(token, platform, by_cookie)
        except (Unauthenticated, Forbidden):
            if by_cookie:
                return ANONYMOUS
            raise

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
        if account.is_operator:
            grants = (Grant(OPERATOR),)
        modules: Collection[str] = self._permissions
        if platform_id is not None:
            modules = await self._modules_of(platform_id)
        return self._caller(
            modules,
            grants,
            kind=CallerKind.SESSION,
            user_id=account.id,
            email=account.email,
            name=account.name,
            credential_id=credential_id,
            platform_id=platform_id,
            is_operator=account.is_operator,
            expires_at=expires_at,
        )

    def permissions_of(self, roles: Collection[str], modules: Collection[str]) -> frozenset[str]:
        """The codes of the permissions these roles hold while `modules` are enabled."""
        return frozenset(
            permission.code
            for module in {KERNEL, *modules}
            for permission in self._permissions.get(module, ())
            if not set(permission.roles).isdisjoint(roles)
        )

    async def _identify(self, token: str, platform: PlatformRecord | None, by_cookie: bool) -> Caller:
        hash_ = token_hash(token)
        if hash_ is None:
            raise Unauthenticated("This is no session token or API key: those begin with fs_ or fk_.")
        now = self._clock.now()
        known = self.tokens.get(hash_)
        if known is not None and known.expires_at is not None and known.expires_at <= now:
            # Another process may have noted a use, and the session lives on.
            self.tokens.forget(hash_)
            known = None
        if known is None:
            known = await self.tokens.find(hash_)
        caller = await self._caller_of(known, platform, by_cookie)
        self.touches.note(known, now)
        return caller

    async def _look_up(self, hash_: bytes) -> Credential:
        """What the database says; raises `Unauthenticated` for a token that cannot be used."""

        async def read(session: Session) -> Credential:
            row = (await session.execute(_IDENTIFY, {"hash": hash_})).one_or_none()
            grants = _grants_of_operator(self._usable(row))
            if grants is None:
                grants = ()
                if row.platform_id is not None:
                    grants = await self._directory.grants(session, row.platform_id, row.user_id)
            return Credential(
                hash=hash_,
                kind=CallerKind(row.kind),
                id=row.credential_id,
                user_id=row.user_id,
                email=row.email,
                name=row.name,
                platform_id=row.platform_id,
                is_operator=row.is_operator,
                scopes=row.scopes,
                expires_at=row.expires_at,
                last_used_at=row.last_used_at,
                grants=grants,
            )

        return await self._database.read(None, read)

    def _usable(self, row: Any) -> Any:
        if row is None or row.revoked_at is not None or not row.is_active:
            raise Unauthenticated(
                "This token is unknown or was revoked: sign in again, or ask for a new API key."
            )
        if row.expires_at is not None and row.expires_at <= self._clock.now():
            raise Unauthenticated("This token has expired: sign in again, or ask for a new API key.")
        return row

    async def _caller_of(self, known: Credential, platform: PlatformRecord | None, by_cookie: bool) -> Caller:
        """The caller a credential makes on the platform that the request names, with the rights of this moment."""
        platform_id = known.platform_id
        if platform is not None:
            if platform_id is None:
                platform_id = platform.id if known.is_operator else None
            elif platform_id != platform.id:
                raise Forbidden(
                    f"This token belongs to another platform than {platform.code}: sign in on {platform.code}."
                )
        modules: Collection[str] = self._permissions
        if platform_id is not None:
            modules = await self._modules_of(platform_id)
        key = (platform_id, by_cookie)
        made = known.callers.get(key)
        if made is not None and (made[0] is modules or made[0] == modules):
            return made[1]
        caller = self._caller(
            modules,
            known.grants,
            known.scopes,
            kind=known.kind,
            user_id=known.user_id,
            email=known.email,
            name=known.name,
            credential_id=known.id,
            platform_id=platform_id,
            is_operator=known.is_operator and known.kind is CallerKind.SESSION,
            expires_at=known.expires_at,
            by_cookie=by_cookie,
        )
        if caller is None:
            raise Unauthenticated("The account of this token has no role on this platform any more.")
        known.remember_caller(key, modules, caller)
        return caller

    def _caller(
        self,
        modules: Collection[str],
        grants: Sequence[Grant],
        scopes: Sequence[str] | None = None,
        **facts: Any,
    ) -> Caller | None:
        """The caller with these facts and the rights and reach of its grants; None without a role."""
        roles = tuple(role for role in AUDIENCE_OF_ROLE if any(grant.role == role for grant in grants))
        if not roles:
            return None
        permissions = self.permissions_of(roles, modules)
        merchant_ids, store_ids = reach_of(grants)
        return Caller(
            audience=AUDIENCE_OF_ROLE[roles[0]],
            roles=roles,
            permissions=permissions if scopes is None else permissions.intersection(scopes),
            merchant_ids=merchant_ids,
            store_ids=store_ids,
            **facts,
        )


def _grants_of_operator(row: Any) -> Sequence[Grant] | None:
    """What an operator's credential acts with, None for others. A key acts as an administrator."""
    if not row.is_operator:
        return None
    return (Grant(OPERATOR if row.kind == CallerKind.SESSION else PLATFORM_ADMIN),)


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
