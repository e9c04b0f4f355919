"""Whatever changes what a token means is known at once where it was done, and promptly everywhere else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text

from modules.tenancy.testing import (
    PASSWORD,
    make_merchant,
)
from server.app import Facet
from server.auth.caller import ANONYMOUS
from server.errors import OutcomeUnknown, Unauthenticated
from server.graphql.ids import global_id
from server.platforms.invalidation import account_changed
from tests.server.auth.conftest import Person, told

NEW = "a wholly new password"


async def sign_out(person: Person) -> str:
    document = "mutation { signOut { __typename } }"
    assert await person.run(document, await person.caller(person.token)) == "SignOutPayload"
    return person.token


async def sign_in_again(person: Person) -> str:
    document = (
        "mutation ($email: String!, $password: String!) {"
        " signIn(email: $email, password: $password) { __typename } }"
    )
    caller = await person.caller(person.token)
    answer = await person.run(document, caller, email=person.user.email, password=PASSWORD)
    assert answer == "SignInPayload"
    return person.token


async def revoke_session(person: Person) -> str:
    session = (await person.caller(person.token)).credential_id
    assert session is not None
    document = "mutation ($id: ID!) { revokeSession(id: $id) { __typename } }"
    answer = await person.run(document, await person.caller(person.own), id=global_id("Session", session))
    assert answer == "RevokeSessionPayload"
    return person.token


async def change_password(person: Person) -> str:
    document = (
        "mutation ($old: String!, $new: String!) {"
        " changePassword(currentPassword: $old, newPassword: $new) { __typename } }"
    )
    answer = await person.run(document, await person.caller(person.own), old=PASSWORD, new=NEW)
    assert answer == "ChangePasswordPayload"
    return person.token


async def set_password(person: Person) -> str:
    document = (
        "mutation ($email: String!, $password: String!) {"
        " setPassword(email: $email, password: $password) { __typename } }"
    )
    answer = await person.run(document, person.platform.operator, email=person.user.email, password=NEW)
    assert answer == "SetPasswordPayload"
    return person.token


async def revoke_key(person: Person) -> str:
    document = "mutation ($id: ID!) { revokeApiKey(id: $id) { __typename } }"
    answer = await person.run(document, person.platform.admin, id=global_id("ApiKey", person.key.id))
    assert answer == "RevokeApiKeyPayload"
    return person.key_token


async def remove_member(person: Person) -> str:
    document = "mutation ($id: ID!) { removeTeamMember(id: $id) { __typename } }"
    answer = await person.run(document, person.platform.admin, id=global_id("TeamMember", person.member.id))
    assert answer == "RemoveTeamMemberPayload"
    return person.token


ENDINGS = [sign_out, sign_in_again, revoke_session, change_password, set_password, revoke_key, remove_member]


@pytest.mark.parametrize("end", ENDINGS)
async def test_refuses_an_ended_token_at_once_here_and_promptly_elsewhere(
    person: Person,
    other_process: Facet,
    end: Callable[[Person], Awaitable[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here, elsewhere = person.platform.facet.callers, other_process.callers
    for token in (person.token, person.own, person.key_token):
        assert (await here.identify(token)).user_id == (await elsewhere.identify(token)).user_id

    with told(other_process, person.user.id, monkeypatch) as heard:
        ended = await end(person)
        with pytest.raises(Unauthenticated):
            await here.identify(ended)
        await asyncio.wait_for(heard.wait(), 5)

    with pytest.raises(Unauthenticated):
        await elsewhere.identify(ended)
    assert await elsewhere.identify(ended, by_cookie=True) is ANONYMOUS


async def test_asks_again_when_nobody_knows_whether_the_change_is_stored(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    callers = person.platform.facet.callers
    await callers.identify(person.token)

    async def end_in_doubt() -> None:
        async with person.platform.context() as ctx:
            await ctx.session.execute(text("UPDATE user_session SET revoked_at = now()"))
            account_changed(ctx, person.user.id)
            commit = ctx.session.commit

            async def commit_and_lose() -> None:
                await commit()
                raise OutcomeUnknown("The connection was lost.")

            monkeypatch.setattr(ctx.session, "commit", commit_and_lose)

    with pytest.raises(OutcomeUnknown):
        await end_in_doubt()

    with pytest.raises(Unauthenticated):
        await callers.identify(person.token)


async def test_gives_a_new_role_at_once_here_and_promptly_elsewhere(
    person: Person, other_process: Facet, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with person.platform.context() as ctx:
        merchant = await make_merchant(ctx)
    here, elsewhere = person.platform.facet.callers, other_process.callers
    before = [(await callers.identify(person.token)).roles for callers in (here, elsewhere)]
    document = (
        "mutation ($email: String!, $id: ID!) { addTeamMember(email: $email, name: "
        '"Ada", role: MERCHANT_MEMBER, merchantId: $id) { __typename } }'
    )

    with told(other_process, person.user.id, monkeypatch) as heard:
        id_ = global_id("Merchant", merchant.id)
        await person.run(document, person.platform.admin, email=person.user.email, id=id_)
        now_here = (await here.identify(person.token)).roles
        await asyncio.wait_for(heard.wait(), 5)

    assert before == [("platform_admin",)] * 2
    assert now_here == (await elsewhere.identify(person.token)).roles == ("platform_admin", "merchant_member")
