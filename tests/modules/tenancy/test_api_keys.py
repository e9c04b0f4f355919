"""Create, list and revoke API keys."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from modules.tenancy.testing import make_api_key, make_member, make_merchant, make_session, make_user
from server.auth.caller import Caller
from server.auth.tokens import token_hash
from server.errors import Unauthenticated
from server.graphql.ids import global_id
from server.platforms.configuration import configure_module
from server.testing import TestPlatform, count_statements

CREATE = """
mutation ($name: String!, $scopes: [String!]!, $expiresAt: DateTime) {
  createApiKey(name: $name, scopes: $scopes, expiresAt: $expiresAt) {
    __typename
    ... on CreateApiKeyPayload { token apiKey { id name prefix scopes expiresAt createdBy { email } } }
    ... on ScopesNotHeld { scopes }
    ... on ValidationFailed { fields { field message } }
  }
}
"""
REVOKE = "mutation ($id: ID!) { revokeApiKey(id: $id) { __typename } }"
LIST = "{ apiKeys { totalCount nodes { name createdBy { email } } } }"


async def signed_in(platform: TestPlatform, *, merchant: bool = False) -> Caller:
    async with platform.context() as ctx:
        user = await make_user(ctx)
        await make_member(ctx, user=user, merchant_id=(await make_merchant(ctx)).id if merchant else None)
        token = await make_session(ctx, user)
    return await platform.facet.callers.identify(token)


async def create(platform: TestPlatform, caller: Caller, **variables: Any) -> dict[str, Any]:
    result = await platform.execute(
        CREATE, {"name": "Till", "scopes": ["tenancy.view"], **variables}, caller=caller
    )
    assert result.errors == []
    assert result.data is not None
    answer: dict[str, Any] = result.data["createApiKey"]
    return answer


async def keys(platform: TestPlatform, caller: Caller | None = None) -> list[str]:
    result = await platform.execute(LIST, caller=caller or platform.admin)
    assert result.data is not None
    return [node["name"] for node in result.data["apiKeys"]["nodes"]]


async def test_shows_the_token_once_and_stores_its_hash(platform: TestPlatform) -> None:
    caller = await signed_in(platform, merchant=True)

    created = await create(platform, caller, scopes=["tenancy.view_team", "tenancy.view", "tenancy.view"])

    key = created["apiKey"]
    assert key["scopes"] == ["tenancy.view", "tenancy.view_team"]
    assert key["createdBy"] == {"email": caller.email}
    assert created["token"].startswith(key["prefix"])
    async with platform.context() as ctx:
        hashes = (await ctx.session.execute(text("SELECT token_hash FROM api_key"))).scalars().all()
        audited = (await ctx.session.execute(text("SELECT after::text FROM audit_entry"))).scalar_one()
    assert hashes == [token_hash(created["token"])]
    assert created["token"] not in audited


async def test_acts_within_its_scopes_and_its_creators_reach(platform: TestPlatform) -> None:
    caller = await signed_in(platform, merchant=True)
    async with platform.context() as ctx:
        await make_merchant(ctx)

    token = (await create(platform, caller))["token"]

    key = await platform.facet.callers.identify(token)
    merchants = await platform.execute("{ merchants { nodes { id } } }", caller=key)
    team = await platform.execute("{ merchants { nodes { teamMembers { totalCount } } } }", caller=key)
    more = await platform.execute(CREATE, {"name": "More", "scopes": ["tenancy.view"]}, caller=key)
    assert caller.merchant_ids is not None
    assert merchants.data == {"merchants": {"nodes": [{"id": global_id("Merchant", caller.merchant_ids[0])}]}}
    assert team.codes == ["FORBIDDEN"]
    assert more.codes == ["FORBIDDEN"]


async def test_refuses_scopes_the_creator_lacks(platform: TestPlatform) -> None:
    caller = await signed_in(platform, merchant=True)

    refused = await create(platform, caller, scopes=["tenancy.view", "tenancy.manage_merchants", "no.such"])

    assert refused == {"__typename": "ScopesNotHeld", "scopes": ["no.such", "tenancy.manage_merchants"]}
    assert await keys(platform) == []


async def test_refuses_bad_values(platform: TestPlatform) -> None:
    caller = await signed_in(platform)

    past = await create(platform, caller, name=" ", scopes=[], expiresAt="2020-01-01T00:00:00Z")
    naive = await create(platform, caller, expiresAt="2999-01-01T00:00:00")
    far = await create(platform, caller, expiresAt="9999-12-31T23:59:59-14:00")

    assert [field["field"] for field in past["fields"]] == ["name", "expiresAt", "scopes"]
    assert [field["field"] for field in naive["fields"]] == ["expiresAt"]
    assert [field["field"] for field in far["fields"]] == ["expiresAt"]
    assert await keys(platform) == []


async def test_refuses_a_key_to_make_keys(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        user = await make_user(ctx)
        await make_member(ctx, user=user)
        _, token = await make_api_key(ctx, user, "tenancy.manage_api_keys", "tenancy.view")
    key = await platform.facet.callers.identify(token)

    result = await platform.execute(CREATE, {"name": "Child", "scopes": ["tenancy.view"]}, caller=key)

    assert result.codes == ["FORBIDDEN"]


async def test_stops_working_when_revoked(platform: TestPlatform) -> None:
    caller = await signed_in(platform)
    created = await create(platform, caller)
    variables = {"id": created["apiKey"]["id"]}
    await platform.facet.callers.identify(created["token"])

    for _ in range(2):
        revoked = await platform.execute(REVOKE, variables, caller=caller)
        assert revoked.data == {"revokeApiKey": {"__typename": "RevokeApiKeyPayload"}}

    with pytest.raises(Unauthenticated):
        await platform.facet.callers.identify(created["token"])


async def test_shows_members_their_own_keys_and_administrators_all(
    platform: TestPlatform, other_platform: TestPlatform
) -> None:
    one, two = await signed_in(platform, merchant=True), await signed_in(platform, merchant=True)
    theirs = await create(platform, one, name="One")
    await create(platform, two, name="Two")

    refused = await platform.execute(REVOKE, {"id": theirs["apiKey"]["id"]}, caller=two)
    elsewhere = await other_platform.execute(REVOKE, {"id": theirs["apiKey"]["id"]})

    assert await keys(platform, one) == ["One"]
    assert await keys(platform) == ["Two", "One"]
    assert await keys(other_platform) == []
    assert refused.data == elsewhere.data == {"revokeApiKey": {"__typename": "ApiKeyNotFound"}}
    assert (await platform.facet.callers.identify(theirs["token"])).user_id == one.user_id


async def test_lists_creators_in_as_many_statements_for_one_as_for_twenty(
    platform: TestPlatform, other_platform: TestPlatform
) -> None:
    for where, number in ((platform, 1), (other_platform, 20)):
        async with where.context() as ctx:
            for _ in range(number):
                await make_api_key(ctx, await make_user(ctx), "tenancy.view")

    with count_statements(platform.facet) as for_one:
        await platform.execute(LIST)
    with count_statements(platform.facet) as for_many:
        await other_platform.execute(LIST)

    assert len(for_one) == len(for_many) == 3


async def set_longest_life(platform: TestPlatform, days: int) -> None:
    async with platform.context() as ctx:
        await configure_module(ctx, "tenancy", {"api_key_days": days})


async def test_expires_when_the_platform_says_at_the_latest(platform: TestPlatform) -> None:
    caller = await signed_in(platform)
    await set_longest_life(platform, 30)
    before = platform.facet.clock.now()

    created = await create(platform, caller)

    expires_at = datetime.fromisoformat(created["apiKey"]["expiresAt"])
    assert before + timedelta(days=30) <= expires_at <= platform.facet.clock.now() + timedelta(days=30)


async def test_refuses_a_longer_life_than_the_platform_allows(platform: TestPlatform) -> None:
    caller = await signed_in(platform)
    await set_longest_life(platform, 30)
    later = platform.facet.clock.now() + timedelta(days=31)

    refused = await create(platform, caller, expiresAt=later.isoformat())

    assert [field["field"] for field in refused["fields"]] == ["expiresAt"]
    assert await keys(platform) == []


async def test_lasts_for_ever_where_nothing_is_said(platform: TestPlatform) -> None:
    created = await create(platform, await signed_in(platform))

    assert created["apiKey"]["expiresAt"] is None
