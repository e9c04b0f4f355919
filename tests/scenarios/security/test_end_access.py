"""Whoever loses access loses it with the next request: accounts, sessions, keys, scopes."""

from __future__ import annotations

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import text

from modules.tenancy.testing import make_api_key, make_member, make_session, make_user
from server.auth.models import UserAccount
from server.platforms.invalidation import account_changed
from server.testing import TestPlatform
from tests.scenarios.security.installation import Site, codes_of

VIEWER = "{ viewer { permissions } }"
MERCHANTS = "{ merchants { totalCount } }"
TEAM = 'mutation { createMerchant(name: "Ada") { __typename } }'


@pytest_asyncio.fixture(loop_scope="session")
async def user(platform: TestPlatform) -> UserAccount:
    """An administrator."""
    async with platform.context() as ctx:
        user = await make_user(ctx)
        await make_member(ctx, user=user)
    return user


@pytest.mark.parametrize(
    "loss",
    [
        "UPDATE user_account SET is_active = false WHERE id = :id",
        "UPDATE tenancy_membership SET ended_at = now() WHERE user_id = :id",
        "UPDATE user_session SET revoked_at = now() WHERE user_id = :id",
        "UPDATE user_session SET expires_at = now() WHERE user_id = :id",
    ],
    ids=["account disabled", "role ended", "session revoked", "session expired"],
)
async def test_refuses_the_next_request_of_a_session(
    site: Site, platform: TestPlatform, user: UserAccount, loss: str
) -> None:
    async with platform.context() as ctx:
        token = await make_session(ctx, user)
    before = await site.ask(VIEWER, token=token)

    async with platform.context() as ctx:
        await ctx.session.execute(text(loss), {"id": user.id})
        account_changed(ctx, user.id)
    after = await site.ask(VIEWER, token=token)

    assert "errors" not in before.json()
    assert (after.status_code, codes_of(after)) == (401, ["UNAUTHENTICATED"])
    assert after.headers["www-authenticate"].startswith("Bearer")


async def test_ends_a_session_by_signing_out(site: Site, platform: TestPlatform, user: UserAccount) -> None:
    async with platform.context() as ctx:
        token, other = await make_session(ctx, user), await make_session(ctx, user)

    out = await site.ask("mutation { signOut { __typename } }", token=token)

    assert out.json()["data"] == {"signOut": {"__typename": "SignOutPayload"}}
    assert codes_of(await site.ask(VIEWER, token=token)) == ["UNAUTHENTICATED"]
    assert codes_of(await site.ask(VIEWER, token=other)) == []


async def test_refuses_a_key_that_has_expired(site: Site, platform: TestPlatform, user: UserAccount) -> None:
    async with platform.context() as ctx:
        now = ctx.clock.now()
        _, over = await make_api_key(ctx, user, "tenancy.view", expires_at=now - timedelta(seconds=1))
        _, running = await make_api_key(ctx, user, "tenancy.view", expires_at=now + timedelta(hours=1))

    assert codes_of(await site.ask(MERCHANTS, token=over)) == ["UNAUTHENTICATED"]
    assert (await site.ask(MERCHANTS, token=running)).json()["data"] == {"merchants": {"totalCount": 0}}


async def test_holds_a_key_to_its_scopes(site: Site, platform: TestPlatform, user: UserAccount) -> None:
    async with platform.context() as ctx:
        _, key = await make_api_key(ctx, user, "tenancy.view")

    can = await site.ask(VIEWER, token=key)
    refused = await site.ask(TEAM, token=key)
    none = await site.ask(MERCHANTS, token=key)

    assert can.json()["data"]["viewer"]["permissions"] == ["tenancy.view"]
    assert codes_of(refused) == ["FORBIDDEN"]
    assert refused.json()["data"] == {"createMerchant": None}
    assert none.json()["data"] == {"merchants": {"totalCount": 0}}
