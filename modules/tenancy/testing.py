"""Merchants, stores, people and tokens for tests."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from itertools import count

from argon2 import PasswordHasher

from modules.tenancy.models import Membership, Merchant, Store
from modules.tenancy.repository import MembershipRepository, MerchantRepository, StoreRepository
from modules.tenancy.repository.credentials import add_session
from server.auth.models import ApiKey, UserAccount
from server.auth.tokens import new_api_key, new_session_token
from server.context import Context
from server.contracts.permissions import MERCHANT_MEMBER, PLATFORM_ADMIN, STORE_STAFF

PASSWORD = "correct horse battery"

_numbers = count(1)


@lru_cache
def _hashed(password: str) -> str:
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1).hash(password)


async def make_merchant(
    ctx: Context,
    *,
    name: str | None = None,
    external_id: str | None = None,
    created_at: datetime | None = None,
    archived_at: datetime | None = None,
) -> Merchant:
    """A merchant of the platform; unless told otherwise it joins now, under a name of its own."""
    return await MerchantRepository(ctx).add(
        Merchant(
            name=name or f"Merchant {next(_numbers)}",
            external_id=external_id,
            created_at=created_at or ctx.clock.now(),
            archived_at=archived_at,
        )
    )


async def make_store(
    ctx: Context,
    merchant_id: int | None = None,
    *,
    name: str | None = None,
    external_id: str | None = None,
    created_at: datetime | None = None,
    closed_at: datetime | None = None,
    **address: str,
) -> Store:
    """A store of the merchant (a new one unless given); unless told otherwise it opens now, nowhere."""
    if merchant_id is None:
        merchant_id = (await make_merchant(ctx)).id
    return await StoreRepository(ctx).add(
        Store(
            merchant_id=merchant_id,
            name=name or f"Store {next(_numbers)}",
            external_id=external_id,
            created_at=created_at or ctx.clock.now(),
            closed_at=closed_at,
            **address,
        )
    )


async def make_user(
    ctx: Context, *, email: str | None = None, password: str | None = None, is_operator: bool = False
) -> UserAccount:
    """An account; without `password` nobody can sign in with it. Addresses are unique over all tests."""
    user = UserAccount(
        email=email or unique_email(ctx),
        name=f"Person {next(_numbers)}",
        password_hash=_hashed(password) if password else None,
        is_operator=is_operator,
        created_at=ctx.clock.now(),
    )
    ctx.session.add(user)
    await ctx.session.flush()
    return user


def unique_email(ctx: Context) -> str:
    """An address nobody has yet."""
    return f"person-{next(_numbers)}@{ctx.current_platform.code}.example"


async def make_member(
    ctx: Context,
    *,
    user: UserAccount | None = None,
    merchant_id: int | None = None,
    store: Store | None = None,
    email: str | None = None,
    title: str | None = None,
    created_at: datetime | None = None,
    ended_at: datetime | None = None,
) -> Membership:
    """A membership: in `store`, else for the merchant, else of the platform. Without `user` it has no account."""
    role = STORE_STAFF if store else MERCHANT_MEMBER if merchant_id else PLATFORM_ADMIN
    return await MembershipRepository(ctx).add(
        Membership(
            user_id=user.id if user else None,
            merchant_id=store.merchant_id if store else merchant_id,
            store_id=store.id if store else None,
            email=email or (user.email if user else unique_email(ctx)),
            name=user.name if user else f"Person {next(_numbers)}",
            role=role,
            title=title,
            created_at=created_at or ctx.clock.now(),
            ended_at=ended_at,
        )
    )


async def make_session(ctx: Context, user: UserAccount, *, expires_at: datetime | None = None) -> str:
    """The token of a session of the user on the platform."""
    token, now = new_session_token(), ctx.clock.now()
    await add_session(
        ctx.session,
        platform_id=ctx.platform_id,
        user_id=user.id,
        token=token,
        now=now,
        until=expires_at or now + timedelta(days=1),
    )
    return token.token


async def make_api_key(
    ctx: Context, user: UserAccount, *scopes: str, expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """A key of the user with its token."""
    token = new_api_key()
    key = ApiKey(
        platform_id=ctx.platform_id,
        created_by=user.id,
        name=f"Key {next(_numbers)}",
        prefix=token.prefix,
        token_hash=token.hash,
        scopes=list(scopes),
        expires_at=expires_at,
        created_at=ctx.clock.now(),
    )
    ctx.session.add(key)
    await ctx.session.flush()
    return key, token.token
