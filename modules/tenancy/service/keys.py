"""API keys: programs that act for their creator, with some of the creator's rights."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

from modules.tenancy.config import TenancyConfig
from modules.tenancy.errors import ApiKeyNotFound, ScopesNotHeld
from modules.tenancy.repository.credentials import api_keys_page, lock_api_key
from modules.tenancy.service.values import Values
from server.auth.caller import CallerKind
from server.auth.models import ApiKey
from server.auth.tokens import NewToken, new_api_key
from server.context import Context
from server.db.paging import Page
from server.db.statements import Row
from server.errors import Forbidden
from server.graphql.ids import global_id
from server.platforms.configuration import module_config
from server.platforms.invalidation import account_changed

MAX_SCOPES = 100


async def create_api_key(
    ctx: Context, *, name: str, scopes: Sequence[str], expires_at: datetime | None
) -> tuple[ApiKey, NewToken]:
    """A key with some of the caller's permissions, within the caller's reach. Its token is told once.

    The platform's setting `api_key_days` bounds its life; a key for which nothing is said then lasts so long.
    """
    if ctx.caller.kind is not CallerKind.SESSION or ctx.caller.user_id is None:
        raise Forbidden("A key is created by a person who has signed in, not by another key.")
    values = Values()
    name = values.text("name", name, longest=100)
    expires_at = values.future("expiresAt", expires_at, ctx.clock.now())
    wanted = sorted(set(scopes))
    if not wanted or len(wanted) > MAX_SCOPES:
        values.refuse("scopes", f"Name 1 to {MAX_SCOPES} permissions, such as tenancy.view.")
    latest = await _latest_expiry(ctx)
    if latest and expires_at and expires_at > latest:
        values.refuse("expiresAt", f"Keys of this platform expire by {latest:%Y-%m-%d} at the latest.")
    expires_at = expires_at or latest
    values.check()
    missing = [scope for scope in wanted if not ctx.caller.can(scope)]
    if missing:
        raise ScopesNotHeld("A key cannot have permissions you do not have yourself.", scopes=missing)
    token = new_api_key()
    key = ApiKey(
        platform_id=ctx.platform_id,
        created_by=ctx.caller.user_id,
        name=name,
        prefix=token.prefix,
        token_hash=token.hash,
        scopes=wanted,
        expires_at=expires_at,
        created_at=ctx.clock.now(),
    )
    ctx.session.add(key)
    await ctx.session.flush()
    after = {"name": name, "scopes": wanted, "expires_at": expires_at.isoformat() if expires_at else None}
    ctx.audit("tenancy.create_api_key", subject=global_id("ApiKey", key.id), after=after)
    return key, token


async def _latest_expiry(ctx: Context) -> datetime | None:
    config = cast(TenancyConfig, (await module_config(ctx, "tenancy")).values)
    return None if config.api_key_days is None else ctx.clock.now() + timedelta(days=config.api_key_days)


async def revoke_api_key(ctx: Context, *, id: int) -> ApiKey:
    """End a key at once: one's own, or any of the platform for an administrator. Twice is as good as once."""
    key = await lock_api_key(ctx, id)
    if key is None or not (ctx.caller.sees_everything or key.created_by == ctx.caller.user_id):
        raise ApiKeyNotFound("There is no such key, or it is not yours.")
    if key.revoked_at is None:
        key.revoked_at = ctx.clock.now()
        await ctx.session.flush()
        account_changed(ctx, key.created_by)
        ctx.audit("tenancy.revoke_api_key", subject=global_id("ApiKey", id), before={"name": key.name})
    return key


async def list_api_keys(ctx: Context, *, first: int | None, after: str | None) -> Page[Row]:
    """One's own keys; an administrator's list holds all of the platform."""
    own = None if ctx.caller.sees_everything else ctx.caller.user_id or 0
    return await api_keys_page(ctx, created_by=own, first=first, after=after)
