"""Read who changed what."""

from __future__ import annotations

from modules.tenancy.testing import make_member, make_merchant, make_session, make_store, make_user
from server.graphql.ids import global_id
from server.testing import TestPlatform, count_statements

LOG = """
query ($first: Int, $filter: AuditLogFilter) {
  auditLog(first: $first, filter: $filter) {
    totalCount nodes { at actorKind action subject before after user { email } requestId }
  }
}
"""
RENAME = 'mutation ($id: ID!) { updateStore(id: $id, name: "After") { __typename } }'


async def test_tells_who_did_what_and_how_it_was_before(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        store, user = await make_store(ctx, name="Before"), await make_user(ctx)
        await make_member(ctx, user=user)
        caller = user.id, await make_session(ctx, user)
    id_ = global_id("Store", store.id)
    await platform.execute(RENAME, {"id": id_}, caller=await platform.facet.callers.identify(caller[1]))

    result = await platform.execute(LOG)

    assert result.data is not None
    (entry,) = result.data["auditLog"]["nodes"]
    assert entry["actorKind"] == "session"
    assert entry["action"] == "tenancy.update_store"
    assert entry["subject"] == id_
    assert (entry["before"], entry["after"]) == ({"name": "Before"}, {"name": "After"})
    assert entry["user"] == {"email": user.email}


async def test_keeps_no_entry_of_a_refused_mutation(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        store = await make_store(ctx, closed_at=ctx.clock.now())

    await platform.execute(RENAME, {"id": global_id("Store", store.id)})

    result = await platform.execute(LOG)
    assert result.data == {"auditLog": {"totalCount": 0, "nodes": []}}


async def test_filters_by_action_person_and_time(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        user = await make_user(ctx)
        ctx.audit("tenancy.one")
        ctx.audit("tenancy.two")
        start = ctx.clock.now()

    async def actions(**conditions: object) -> list[str]:
        result = await platform.execute(LOG, {"filter": conditions})
        assert result.data is not None
        return [node["action"] for node in result.data["auditLog"]["nodes"]]

    assert await actions() == ["tenancy.two", "tenancy.one"]
    assert await actions(action="tenancy.one") == ["tenancy.one"]
    assert await actions(userId=global_id("User", user.id)) == []
    assert await actions(since=start.isoformat()) == []
    assert await actions(until=start.isoformat()) == ["tenancy.two", "tenancy.one"]


async def test_is_hidden_from_members_and_other_platforms(
    platform: TestPlatform, other_platform: TestPlatform
) -> None:
    async with platform.context() as ctx:
        merchant = await make_merchant(ctx)
        ctx.audit("tenancy.one")

    hidden = await platform.execute(
        "{ auditLog { totalCount } }", caller=platform.merchant_member(merchant.id)
    )
    elsewhere = await other_platform.execute(LOG)

    assert hidden.data is None
    assert "Cannot query field 'auditLog'" in hidden.errors[0]["message"]
    assert elsewhere.data == {"auditLog": {"totalCount": 0, "nodes": []}}


async def test_lists_people_in_as_many_statements_for_one_as_for_twenty(platform: TestPlatform) -> None:
    for _ in range(20):
        async with platform.context() as ctx:
            user = await make_user(ctx)
            await make_member(ctx, user=user)
            token = await make_session(ctx, user)
        caller = await platform.facet.callers.identify(token)
        await platform.execute('mutation { createMerchant(name: "M") { __typename } }', caller=caller)

    with count_statements(platform.facet) as for_one:
        await platform.execute(LOG, {"first": 1})
    with count_statements(platform.facet) as for_many:
        result = await platform.execute(LOG, {"first": 20})

    assert result.data is not None
    assert len({node["user"]["email"] for node in result.data["auditLog"]["nodes"]}) == 20
    assert len(for_one) == len(for_many) == 3
