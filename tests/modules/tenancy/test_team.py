"""Add people to teams and remove them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from modules.tenancy.testing import (
    make_member,
    make_merchant,
    make_session,
    make_store,
    make_user,
    unique_email,
)
from server.auth.caller import Caller
from server.errors import Unauthenticated
from server.graphql.ids import global_id
from server.testing import TestPlatform

ADD = """
mutation ($email: String!, $role: TeamRole!, $merchantId: ID, $storeId: ID, $name: String = "Ada", $title: String) {
  addTeamMember(
    email: $email, name: $name, role: $role, merchantId: $merchantId, storeId: $storeId, title: $title
  ) {
    __typename
    ... on AddTeamMemberPayload {
      teamMember { id email role title hasAccount merchant { name } store { name } }
    }
    ... on ValidationFailed { fields { field } }
  }
}
"""
REMOVE = """
mutation ($id: ID!) {
  removeTeamMember(id: $id) { __typename ... on RemoveTeamMemberPayload { teamMember { endedAt } } }
}
"""


async def run(
    platform: TestPlatform, text_: str, caller: Caller | None = None, **variables: Any
) -> dict[str, Any]:
    result = await platform.execute(text_, variables, caller=caller or platform.admin)
    assert result.errors == []
    assert result.data is not None
    (answer,) = result.data.values()
    found: dict[str, Any] = answer
    return found


async def open_memberships(platform: TestPlatform) -> int:
    async with platform.context() as ctx:
        count: int = await ctx.session.scalar(
            text("SELECT count(*) FROM tenancy_membership WHERE ended_at IS NULL")
        )
        return count


async def test_adds_people_for_a_merchant_and_in_a_store(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        store = await make_store(ctx, (await make_merchant(ctx, name="Bakery")).id, name="Corner")
        email = unique_email(ctx)
    caller = platform.merchant_member(store.merchant_id)
    merchant_id, store_id = global_id("Merchant", store.merchant_id), global_id("Store", store.id)

    member = await run(
        platform,
        ADD,
        caller,
        email=email.upper(),
        role="MERCHANT_MEMBER",
        merchantId=merchant_id,
        title="owner",
    )
    staff = await run(platform, ADD, caller, email=email, role="STORE_STAFF", storeId=store_id)

    assert member["teamMember"] | {"id": ""} == {
        "id": "",
        "email": email,
        "role": "MERCHANT_MEMBER",
        "title": "owner",
        "hasAccount": True,
        "merchant": {"name": "Bakery"},
        "store": None,
    }
    assert staff["teamMember"]["store"] == {"name": "Corner"}
    async with platform.context() as ctx:
        accounts = await ctx.session.scalar(
            text("SELECT count(*) FROM user_account WHERE email = :email"), {"email": email}
        )
    assert accounts == 1


async def test_gives_the_role_to_the_account_that_has_the_address(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        user, merchant = await make_user(ctx), await make_merchant(ctx)
        await make_member(ctx, user=user)
        token = await make_session(ctx, user)
    before = await platform.facet.callers.identify(token)
    id_ = global_id("Merchant", merchant.id)

    await run(platform, ADD, email=user.email, role="MERCHANT_MEMBER", merchantId=id_)

    after = await platform.facet.callers.identify(token)
    assert before.roles == ("platform_admin",)
    assert after.roles == ("platform_admin", "merchant_member")


async def test_refuses_a_role_without_its_place(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        store, other = await make_store(ctx), await make_merchant(ctx)
        closed = await make_store(ctx, other.id, closed_at=ctx.clock.now())
    merchant_id, store_id = global_id("Merchant", store.merchant_id), global_id("Store", store.id)
    email = "ada@example.com"

    admin = await run(
        platform, ADD, email=email, role="PLATFORM_ADMIN", merchantId=merchant_id, storeId=store_id
    )
    member = await run(platform, ADD, email="ada", role="MERCHANT_MEMBER", storeId=store_id)
    staff = await run(platform, ADD, email=email, role="STORE_STAFF", merchantId=merchant_id)
    mixed = await run(
        platform,
        ADD,
        email=email,
        role="STORE_STAFF",
        merchantId=global_id("Merchant", other.id),
        storeId=store_id,
    )
    late = await run(platform, ADD, email=email, role="STORE_STAFF", storeId=global_id("Store", closed.id))

    assert [field["field"] for field in admin["fields"]] == ["storeId", "merchantId"]
    assert [field["field"] for field in member["fields"]] == ["email", "storeId", "merchantId"]
    assert [field["field"] for field in staff["fields"]] == ["storeId"]
    assert mixed["__typename"] == late["__typename"] == "StoreNotFound"
    assert await open_memberships(platform) == 0


async def test_refuses_a_second_role_in_the_same_place(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        merchant, email = await make_merchant(ctx), unique_email(ctx)
    arguments: dict[str, Any] = {
        "email": email,
        "role": "MERCHANT_MEMBER",
        "merchantId": global_id("Merchant", merchant.id),
    }

    first = await run(platform, ADD, **arguments)
    again = await run(platform, ADD, **arguments)
    await run(platform, REMOVE, id=first["teamMember"]["id"])
    back = await run(platform, ADD, **arguments)

    assert again["__typename"] == "AlreadyTeamMember"
    assert back["__typename"] == "AddTeamMemberPayload"
    assert await open_memberships(platform) == 1


async def test_refuses_members_other_merchants_and_the_platform(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        own, other = await make_merchant(ctx), await make_merchant(ctx)
        theirs = await make_member(ctx, merchant_id=other.id)
        admin = await make_member(ctx, user=await make_user(ctx))
        await make_member(ctx, user=await make_user(ctx))
    caller, email = platform.merchant_member(own.id), "ada@example.com"
    id_ = global_id("Merchant", other.id)

    elsewhere = await run(platform, ADD, caller, email=email, role="MERCHANT_MEMBER", merchantId=id_)
    above = await platform.execute(ADD, {"email": email, "role": "PLATFORM_ADMIN"}, caller=caller)
    removed = [
        await run(platform, REMOVE, caller, id=global_id("TeamMember", one.id)) for one in (theirs, admin)
    ]
    by_staff = await platform.execute(
        REMOVE, {"id": global_id("TeamMember", theirs.id)}, caller=platform.store_staff(1)
    )

    assert elsewhere["__typename"] == "MerchantNotFound"
    assert above.codes == ["FORBIDDEN"]
    assert [one["__typename"] for one in removed] == ["TeamMemberNotFound"] * 2
    assert by_staff.codes == ["FORBIDDEN"]
    assert await open_memberships(platform) == 3


async def test_takes_the_rights_of_a_removed_member_at_once(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        user, merchant = await make_user(ctx), await make_merchant(ctx)
        member = await make_member(ctx, user=user, merchant_id=merchant.id)
        token = await make_session(ctx, user)
    await platform.facet.callers.identify(token)

    removed = await run(platform, REMOVE, id=global_id("TeamMember", member.id))

    assert removed["teamMember"]["endedAt"] is not None
    with pytest.raises(Unauthenticated, match="no role"):
        await platform.facet.callers.identify(token)


async def test_keeps_one_of_two_administrators_who_remove_each_other(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        members = [await make_member(ctx, user=await make_user(ctx)) for _ in range(2)]

    answers = await asyncio.gather(
        *(run(platform, REMOVE, id=global_id("TeamMember", member.id)) for member in members)
    )

    assert sorted(answer["__typename"] for answer in answers) == [
        "LastAdministrator",
        "RemoveTeamMemberPayload",
    ]
    assert await open_memberships(platform) == 1


async def test_keeps_the_last_administrator(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        first = await make_member(ctx, user=await make_user(ctx))
        second = await make_member(ctx, user=await make_user(ctx))

    one = await run(platform, REMOVE, id=global_id("TeamMember", first.id))
    last = await run(platform, REMOVE, id=global_id("TeamMember", second.id))

    assert one["__typename"] == "RemoveTeamMemberPayload"
    assert last["__typename"] == "LastAdministrator"
    assert await open_memberships(platform) == 1
