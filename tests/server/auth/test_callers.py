"""Find out who a token speaks for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from modules.tenancy.repository.credentials import add_session
from modules.tenancy.testing import (
    make_api_key,
    make_member,
    make_merchant,
    make_session,
    make_store,
    make_user,
)
from server.auth.audience import Audience
from server.auth.caller import ANONYMOUS, Caller, CallerKind, Grant
from server.auth.tokens import new_session_token
from server.context import PlatformRecord
from server.errors import Forbidden, Unauthenticated
from server.platforms.callers import reach_of
from server.testing import TestPlatform, count_statements


async def identify(
    platform: TestPlatform, token: str | None, at: PlatformRecord | None = None, *, by_cookie: bool = False
) -> Caller:
    return await platform.facet.callers.identify(token, platform=at, by_cookie=by_cookie)


def test_reaches_what_the_grants_name() -> None:
    member, staff = Grant("merchant_member", 7), Grant("store_staff", 8, 9)

    assert reach_of([Grant("platform_admin"), member]) == (None, ())
    assert reach_of([member, staff]) == ((7,), (9,))
    assert reach_of([]) == ((), ())


async def test_is_anonymous_without_a_token(platform: TestPlatform) -> None:
    assert await identify(platform, None) is ANONYMOUS


async def test_knows_an_administrator(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        user = await make_user(ctx)
        await make_member(ctx, user=user)
        token = await make_session(ctx, user)

    caller = await identify(platform, token)

    assert caller.kind is CallerKind.SESSION
    assert caller.audience is Audience.ADMIN
    assert (caller.user_id, caller.email, caller.name) == (user.id, user.email, user.name)
    assert (caller.platform_id, caller.roles) == (platform.id, ("platform_admin",))
    assert caller.sees_everything
    assert not caller.is_operator
    assert caller.can("tenancy.manage_merchants")
    assert not caller.can("tenancy.create_platforms")


async def test_knows_members_and_staff_with_their_reach(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        user, store = await make_user(ctx), await make_store(ctx)
        merchant = await make_merchant(ctx)
        ended = await make_merchant(ctx)
        await make_member(ctx, user=user, store=store)
        token = await make_session(ctx, user)
        await make_member(ctx, user=user, merchant_id=merchant.id)
        await make_member(ctx, user=user, merchant_id=ended.id, ended_at=ctx.clock.now())

    caller = await identify(platform, token)

    assert caller.audience is Audience.MERCHANT
    assert caller.roles == ("merchant_member", "store_staff")
    assert (caller.merchant_ids, caller.store_ids) == ((merchant.id,), (store.id,))


async def test_costs_two_statements(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        user = await make_user(ctx)
        await make_member(ctx, user=user)
        token = await make_session(ctx, user)

    with count_statements(platform.facet) as statements:
        await identify(platform, token, platform.record)

    assert len(statements) == 2


async def test_refuses_tokens_that_are_unknown_expired_revoked_or_of_nobody(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        user, stranger, inactive = await make_user(ctx), await make_user(ctx), await make_user(ctx)
        await make_member(ctx, user=user)
        await make_member(ctx, user=inactive)
        inactive.is_active = False
        expired = await make_session(ctx, user, expires_at=ctx.clock.now())
        revoked = await make_session(ctx, user)
        key, revoked_key = await make_api_key(ctx, user, "tenancy.view")
        key.revoked_at = ctx.clock.now()
        _, expired_key = await make_api_key(ctx, user, "tenancy.view", expires_at=ctx.clock.now())
        roleless = await make_session(ctx, stranger)
        of_inactive = await make_session(ctx, inactive)
        await ctx.session.execute(
            text("UPDATE user_session SET revoked_at = now() WHERE token_hash = sha256(:token)"),
            {"token": revoked.encode()},
        )

    tokens = [
        "nonsense",
        new_session_token().token,
        expired,
        revoked,
        revoked_key,
        expired_key,
        roleless,
        of_inactive,
    ]
    for token in tokens:
        with pytest.raises(Unauthenticated):
            await identify(platform, token)
        assert await identify(platform, token, by_cookie=True) is ANONYMOUS


async def test_refuses_a_token_of_another_platform(
    platform: TestPlatform, other_platform: TestPlatform
) -> None:
    async with platform.context() as ctx:
        user = await make_user(ctx)
        await make_member(ctx, user=user)
        session, (_, key) = await make_session(ctx, user), await make_api_key(ctx, user, "tenancy.view")
    async with other_platform.context() as ctx:
        await make_member(ctx, user=user)

    for token in (session, key):
        with pytest.raises(Forbidden, match=other_platform.code):
            await identify(platform, token, other_platform.record)
        assert await identify(platform, token, other_platform.record, by_cookie=True) is ANONYMOUS
        assert (await identify(platform, token, platform.record)).platform_id == platform.id


async def test_lets_an_operator_without_a_platform_use_any(
    platform: TestPlatform, other_platform: TestPlatform
) -> None:
    async with platform.context() as ctx:
        user = await make_user(ctx, is_operator=True)
        bound = await make_session(ctx, user)
    free, now = new_session_token(), platform.facet.clock.now()
    async with platform.facet.database.begin(None) as session:
        until = now + timedelta(days=1)
        await add_session(session, platform_id=None, user_id=user.id, token=free, now=now, until=until)

    here = await identify(platform, free.token, platform.record)
    there = await identify(platform, free.token, other_platform.record)
    nowhere = await identify(platform, free.token)

    assert (here.platform_id, there.platform_id, nowhere.platform_id) == (
        platform.id,
        other_platform.id,
        None,
    )
    assert here.audience is nowhere.audience is Audience.OPERATOR
    assert here.is_operator
    assert here.sees_everything
    assert here.can("tenancy.create_platforms")
    with pytest.raises(Forbidden):
        await identify(platform, bound, other_platform.record)


async def test_limits_a_key_to_its_scopes_and_its_creators_rights(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        user, merchant = await make_user(ctx), await make_merchant(ctx)
        await make_member(ctx, user=user, merchant_id=merchant.id)
        _, token = await make_api_key(ctx, user, "tenancy.view", "tenancy.manage_merchants", "no.such")

    caller = await identify(platform, token)

    assert caller.kind is CallerKind.API_KEY
    assert caller.permissions == {"tenancy.view"}
    assert caller.merchant_ids == (merchant.id,)
    assert not caller.is_operator


async def test_makes_an_operators_key_an_administrators(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        user = await make_user(ctx, is_operator=True)
        _, token = await make_api_key(ctx, user, "tenancy.view", "tenancy.create_platforms")

    caller = await identify(platform, token)

    assert (caller.audience, caller.roles, caller.is_operator) == (Audience.ADMIN, ("platform_admin",), False)
    assert caller.permissions == {"tenancy.view"}


async def test_lets_a_session_live_on_with_its_use_once_a_minute(platform: TestPlatform) -> None:
    days = timedelta(days=platform.facet.settings.session_days)
    async with platform.context() as ctx:
        user = await make_user(ctx)
        await make_member(ctx, user=user)
        token = await make_session(ctx, user)
        earlier = ctx.clock.now() - timedelta(minutes=1)
        await ctx.session.execute(text("UPDATE user_session SET last_used_at = :at"), {"at": earlier})

    with count_statements(platform.facet) as touching:
        await identify(platform, token)
        await platform.facet.callers.touches.settle()
    with count_statements(platform.facet) as not_touching:
        await identify(platform, token)
        await platform.facet.callers.touches.settle()

    assert (len(touching), len(not_touching)) == (3, 0)
    async with platform.context() as ctx:
        columns = "SELECT last_used_at, expires_at FROM user_session"
        last_used_at, expires_at = (await ctx.session.execute(text(columns))).one()
    assert last_used_at > earlier
    assert expires_at == last_used_at + days
