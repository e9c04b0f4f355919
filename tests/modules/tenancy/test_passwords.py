"""Change passwords."""

from __future__ import annotations

from typing import Any

import pytest

from modules.tenancy.testing import PASSWORD, make_api_key, make_member, make_session, make_user
from server.auth.caller import ANONYMOUS, Caller
from server.auth.models import UserAccount
from server.errors import Unauthenticated
from server.testing import TestPlatform

CHANGE = """
mutation ($current: String!, $new: String!) {
  changePassword(currentPassword: $current, newPassword: $new) { __typename ... on Error { code } }
}
"""
SET = """
mutation ($email: String!, $password: String!) {
  setPassword(email: $email, password: $password) { __typename }
}
"""
SIGN_IN = """
mutation ($email: String!, $password: String!) { signIn(email: $email, password: $password) { __typename } }
"""
NEW = "a wholly new password"


async def made(*platforms: TestPlatform) -> tuple[UserAccount, list[str]]:
    async with platforms[0].context() as ctx:
        user = await make_user(ctx, password=PASSWORD)
    tokens = []
    for platform in platforms:
        async with platform.context() as ctx:
            await make_member(ctx, user=user)
            tokens.append(await make_session(ctx, user))
    return user, tokens


async def run(platform: TestPlatform, document: str, caller: Caller, **variables: str) -> str:
    result = await platform.execute(document, variables, caller=caller)
    assert result.errors == []
    assert result.data is not None
    (answer,) = result.data.values()
    found: dict[str, Any] = answer
    return str(found["__typename"])


async def test_changes_the_own_password_and_ends_other_sessions_everywhere(
    platform: TestPlatform, other_platform: TestPlatform
) -> None:
    user, (token, elsewhere) = await made(platform, other_platform)
    caller = await platform.facet.callers.identify(token)

    changed = await run(platform, CHANGE, caller, current=PASSWORD, new=NEW)

    assert changed == "ChangePasswordPayload"
    assert (await platform.facet.callers.identify(token)).user_id == user.id
    with pytest.raises(Unauthenticated):
        await platform.facet.callers.identify(elsewhere)
    assert (
        await run(platform, SIGN_IN, ANONYMOUS, email=user.email, password=PASSWORD) == "InvalidCredentials"
    )
    assert await run(platform, SIGN_IN, ANONYMOUS, email=user.email, password=NEW) == "SignInPayload"


async def test_refuses_a_wrong_password_and_counts_the_try(platform: TestPlatform) -> None:
    user, (token,) = await made(platform)
    caller = await platform.facet.callers.identify(token)

    tries = [await run(platform, CHANGE, caller, current="wrong", new=NEW) for _ in range(11)]

    assert tries == [*["InvalidCredentials"] * 10, "TooManyAttempts"]
    assert await run(platform, SIGN_IN, ANONYMOUS, email=user.email, password=NEW) == "TooManyAttempts"


async def test_refuses_short_passwords_and_keys(platform: TestPlatform) -> None:
    user, (token,) = await made(platform)
    caller = await platform.facet.callers.identify(token)
    async with platform.context() as ctx:
        _, key = await make_api_key(ctx, user, "tenancy.view")

    short = await run(platform, CHANGE, caller, current=PASSWORD, new="short")
    by_key = await platform.execute(
        CHANGE, {"current": PASSWORD, "new": NEW}, caller=await platform.facet.callers.identify(key)
    )

    assert short == "ValidationFailed"
    assert by_key.codes == ["FORBIDDEN"]
    assert await run(platform, SIGN_IN, ANONYMOUS, email=user.email, password=PASSWORD) == "SignInPayload"


async def test_lets_operators_give_a_first_password(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        user = await make_user(ctx)
        await make_member(ctx, user=user)
        token = await make_session(ctx, user)

    given = await run(platform, SET, platform.operator, email=user.email, password=NEW)
    nobody = await run(platform, SET, platform.operator, email="nobody@nowhere.example", password=NEW)
    by_admin = await platform.execute(SET, {"email": user.email, "password": NEW})

    assert (given, nobody) == ("SetPasswordPayload", "AccountNotFound")
    assert by_admin.codes == ["GRAPHQL_VALIDATION_FAILED"]
    with pytest.raises(Unauthenticated):
        await platform.facet.callers.identify(token)
    assert await run(platform, SIGN_IN, ANONYMOUS, email=user.email, password=NEW) == "SignInPayload"
