"""Sign in and out."""

from __future__ import annotations

from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from modules.tenancy.testing import (
    PASSWORD,
    make_member,
    make_merchant,
    make_session,
    make_store,
    make_user,
    unique_email,
)
from server.auth.caller import ANONYMOUS, Caller
from server.auth.models import UserAccount
from server.auth.tokens import token_hash
from server.context import PlatformRecord
from server.errors import Unauthenticated
from server.graphql.ids import global_id
from server.testing import TestPlatform

SIGN_IN = """
mutation ($email: String!, $password: String!, $platform: String) {
  signIn(email: $email, password: $password, platform: $platform) {
    __typename
    ... on SignInPayload {
      token
      expiresAt
      viewer { user { email name } platform { code } roles permissions modules merchants stores }
    }
    ... on Error { code message }
    ... on TooManyAttempts { retryAt }
    ... on PlatformChoiceRequired { platforms }
  }
}
"""
VIEWER = "{ viewer { user { email name } platform { code } roles permissions modules merchants stores } }"


async def sign_in(
    where: TestPlatform,
    email: str,
    password: str = PASSWORD,
    *,
    platform: str | None = None,
    at: PlatformRecord | None = None,
    caller: Caller = ANONYMOUS,
) -> dict[str, Any]:
    """Sign in at the address of a platform, or at the one without."""
    variables = {"email": email, "password": password, "platform": platform}
    answer = await where.facet.execute(SIGN_IN, variables, caller=caller, platform=at)
    assert "errors" not in answer
    result: dict[str, Any] = answer["data"]["signIn"]
    return result


async def member_of(*platforms: TestPlatform, password: str | None = PASSWORD) -> UserAccount:
    async with platforms[0].context() as ctx:
        user = await make_user(ctx, password=password)
    for platform in platforms:
        async with platform.context() as ctx:
            await make_member(ctx, user=user)
    return user


async def sessions(platform: TestPlatform) -> int:
    async with platform.context() as ctx:
        counted: int = await ctx.session.scalar(text("SELECT count(*) FROM user_session"))
        return counted


async def test_begins_a_session_on_the_accounts_only_platform(platform: TestPlatform) -> None:
    user = await member_of(platform)

    signed_in = await sign_in(platform, f"  {user.email.upper()} ")

    assert signed_in["__typename"] == "SignInPayload"
    assert token_hash(signed_in["token"]) is not None
    viewer = signed_in["viewer"]
    assert viewer["user"] == {"email": user.email, "name": user.name}
    assert viewer["platform"] == {"code": platform.code}
    assert viewer["roles"] == ["platform_admin"]
    assert "tenancy.manage_merchants" in viewer["permissions"]
    assert viewer["modules"] == sorted(platform.facet.registry.codes)
    assert viewer["merchants"] is None
    assert viewer["stores"] is None
    caller = await platform.facet.callers.identify(signed_in["token"])
    assert (caller.user_id, caller.platform_id) == (user.id, platform.id)
    again = await platform.execute(VIEWER, caller=caller)
    assert again.data == {"viewer": viewer}


async def test_tells_members_and_staff_their_reach(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        user, merchant, store = (
            await make_user(ctx, password=PASSWORD),
            await make_merchant(ctx),
            await make_store(ctx),
        )
        await make_member(ctx, user=user, merchant_id=merchant.id)
        await make_member(ctx, user=user, store=store)

    viewer = (await sign_in(platform, user.email))["viewer"]

    assert viewer["roles"] == ["merchant_member", "store_staff"]
    assert viewer["merchants"] == [global_id("Merchant", merchant.id)]
    assert viewer["stores"] == [global_id("Store", store.id)]


async def test_stores_no_secret(platform: TestPlatform) -> None:
    user = await member_of(platform)

    token = (await sign_in(platform, user.email))["token"]

    async with platform.context() as ctx:
        hashes = (await ctx.session.execute(text("SELECT token_hash FROM user_session"))).scalars().all()
        rows = await ctx.session.execute(text("SELECT action, before, after FROM audit_entry"))
        audited = [tuple(row) for row in rows]
    assert hashes == [token_hash(token)]
    assert audited == [("tenancy.sign_in", None, None)]


@pytest.mark.parametrize("wrong", ["password", "address", "inactive", "no password", "no role", "platform"])
async def test_gives_one_answer_whatever_is_wrong(
    platform: TestPlatform, other_platform: TestPlatform, wrong: str
) -> None:
    user = await member_of(platform, password=None if wrong == "no password" else PASSWORD)
    async with platform.context() as ctx:
        if wrong == "inactive":
            await ctx.session.execute(
                text("UPDATE user_account SET is_active = false WHERE id = :id"), {"id": user.id}
            )
        if wrong == "no role":
            await ctx.session.execute(text("UPDATE tenancy_membership SET ended_at = now()"))
        email = unique_email(ctx) if wrong == "address" else user.email
    password = "wrong" if wrong == "password" else PASSWORD
    code = {"platform": other_platform.code}.get(wrong)

    refused = await sign_in(platform, email, password, platform=code)

    assert refused == {
        "__typename": "InvalidCredentials",
        "code": "TENANCY_INVALID_CREDENTIALS",
        "message": "The e-mail address or the password is wrong, or you have no role here.",
    }
    assert await sessions(platform) == await sessions(other_platform) == 0


async def test_refuses_platforms_that_do_not_exist_like_those_without_a_role(platform: TestPlatform) -> None:
    user = await member_of(platform)

    refused = await sign_in(platform, user.email, platform="no-such-platform")

    assert refused["code"] == "TENANCY_INVALID_CREDENTIALS"


async def test_prefers_the_named_platform_then_the_addresss(
    platform: TestPlatform, other_platform: TestPlatform
) -> None:
    user = await member_of(platform, other_platform)
    codes = sorted([platform.code, other_platform.code])

    open_choice = await sign_in(platform, user.email)
    named = await sign_in(platform, user.email, platform=platform.code, at=other_platform.record)
    addressed = await sign_in(platform, user.email, at=other_platform.record)

    assert open_choice["code"] == "TENANCY_PLATFORM_CHOICE_REQUIRED"
    assert open_choice["platforms"] == codes
    assert named["viewer"]["platform"] == {"code": platform.code}
    assert addressed["viewer"]["platform"] == {"code": other_platform.code}
    assert (await sessions(platform), await sessions(other_platform)) == (1, 1)


async def test_refuses_an_account_of_another_platform_at_a_platforms_address(
    platform: TestPlatform, other_platform: TestPlatform
) -> None:
    user = await member_of(platform)

    refused = await sign_in(platform, user.email, at=other_platform.record)

    assert refused["code"] == "TENANCY_INVALID_CREDENTIALS"
    assert await sessions(platform) == await sessions(other_platform) == 0


async def test_lets_operators_in_with_or_without_a_platform(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        user = await make_user(ctx, password=PASSWORD, is_operator=True)

    free = await sign_in(platform, user.email)
    bound = await sign_in(platform, user.email, platform=platform.code)

    assert free["viewer"]["platform"] is None
    assert free["viewer"]["roles"] == bound["viewer"]["roles"] == ["operator"]
    assert bound["viewer"]["platform"] == {"code": platform.code}
    caller = await platform.facet.callers.identify(free["token"], platform=platform.record)
    assert (caller.platform_id, caller.is_operator) == (platform.id, True)


async def test_ends_the_session_that_signs_in_again(platform: TestPlatform) -> None:
    user = await member_of(platform)
    first = await sign_in(platform, user.email)
    caller = await platform.facet.callers.identify(first["token"])

    second = await sign_in(platform, user.email, caller=caller, at=platform.record)

    assert second["token"] != first["token"]
    with pytest.raises(Unauthenticated):
        await platform.facet.callers.identify(first["token"])
    assert (await platform.facet.callers.identify(second["token"])).user_id == user.id


async def test_ends_the_session_that_signs_out(platform: TestPlatform) -> None:
    user = await member_of(platform)
    one, other = await sign_in(platform, user.email), await sign_in(platform, user.email)
    caller = await platform.facet.callers.identify(one["token"])

    out = await platform.execute(
        "mutation { signOut { ... on SignOutPayload { signedOut } } }", caller=caller
    )

    assert out.data == {"signOut": {"signedOut": True}}
    with pytest.raises(Unauthenticated):
        await platform.facet.callers.identify(one["token"])
    assert (await platform.facet.callers.identify(other["token"])).user_id == user.id


async def test_waits_after_ten_wrong_passwords(platform: TestPlatform) -> None:
    user = await member_of(platform)

    tries = [await sign_in(platform, user.email, "wrong") for _ in range(10)]
    right = await sign_in(platform, user.email)

    assert {one["code"] for one in tries} == {"TENANCY_INVALID_CREDENTIALS"}
    assert right["__typename"] == "TooManyAttempts"
    assert right["retryAt"] > platform.facet.clock.now().isoformat()
    assert await sessions(platform) == 0


async def test_counts_each_alias_as_a_try(platform: TestPlatform) -> None:
    user = await member_of(platform)
    aliases = " ".join(
        f'a{number}: signIn(email: "{user.email}", password: "wrong") {{ ... on Error {{ code }} }}'
        for number in range(12)
    )

    answer = await platform.facet.execute(f"mutation {{ {aliases} }}", caller=ANONYMOUS, platform=None)

    codes = [result["code"] for result in answer["data"].values()]
    assert codes == [*["TENANCY_INVALID_CREDENTIALS"] * 10, *["TENANCY_TOO_MANY_ATTEMPTS"] * 2]


async def test_forgets_wrong_passwords_after_the_right_one(platform: TestPlatform) -> None:
    user = await member_of(platform)

    for _ in range(2):
        for _ in range(9):
            await sign_in(platform, user.email, "wrong")
        assert (await sign_in(platform, user.email))["__typename"] == "SignInPayload"


async def test_strengthens_an_old_hash(platform: TestPlatform) -> None:
    user = await member_of(platform)
    weak = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    values = {"id": user.id, "hash": weak}
    async with platform.context() as ctx:
        await ctx.session.execute(
            text("UPDATE user_account SET password_hash = :hash WHERE id = :id"), values
        )

    await sign_in(platform, user.email)

    async with platform.context() as ctx:
        stored = await ctx.session.scalar(
            text("SELECT password_hash FROM user_account WHERE id = :id"), values
        )
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_lists_and_ends_ones_own_sessions(platform: TestPlatform) -> None:
    user, stranger = await member_of(platform), await member_of(platform)
    one, other = await sign_in(platform, user.email), await sign_in(platform, user.email)
    async with platform.context() as ctx:
        await make_session(ctx, user, expires_at=ctx.clock.now())
        await make_session(ctx, stranger)
    caller = await platform.facet.callers.identify(one["token"])
    query = "{ sessions { totalCount nodes { id isCurrent expiresAt } } }"
    revoke = "mutation ($id: ID!) { revokeSession(id: $id) { __typename } }"

    listed = await platform.execute(query, caller=caller)
    assert listed.data is not None
    nodes = listed.data["sessions"]["nodes"]
    assert [node["isCurrent"] for node in nodes] == [False, True]
    theirs = await platform.facet.callers.identify((await sign_in(platform, stranger.email))["token"])
    refused = await platform.execute(revoke, {"id": nodes[0]["id"]}, caller=theirs)
    ended = await platform.execute(revoke, {"id": nodes[0]["id"]}, caller=caller)

    assert refused.data == {"revokeSession": {"__typename": "SessionNotFound"}}
    assert ended.data == {"revokeSession": {"__typename": "RevokeSessionPayload"}}
    with pytest.raises(Unauthenticated):
        await platform.facet.callers.identify(other["token"])
    remaining = await platform.execute(query, caller=caller)
    assert remaining.data is not None
    assert remaining.data["sessions"]["totalCount"] == 1


async def test_asks_the_anonymous_to_sign_in(platform: TestPlatform) -> None:
    answer = await platform.execute(VIEWER, caller=ANONYMOUS)

    assert answer.codes == ["UNAUTHENTICATED"]
