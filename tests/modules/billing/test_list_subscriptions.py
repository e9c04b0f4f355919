"""Reading subscriptions, tiers and movements."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from modules.billing.testing import make_subscription, make_tier
from modules.tenancy.testing import make_merchant
from server.testing import TestPlatform, count_statements
from tests.modules.billing.asking import (
    YEAR,
    a_merchant,
    a_subscription,
    a_tier,
    merchant_gid,
    subscription_gid,
    tier_gid,
)

LIST = """
query ($filter: SubscriptionFilter, $orderBy: SubscriptionOrder, $first: Int, $after: String) {
  subscriptions(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes { externalId status quantity mrr { amount } tier { code } merchant { name } }
  }
}
"""
OF_MERCHANTS = """
query {
  merchants(first: 100) {
    nodes {
      name
      subscriptions(first: 2) { totalCount nodes { externalId tier { code } mrr { amount } } }
      activeSubscription { externalId status }
    }
  }
}
"""
MOVEMENTS = """
query ($from: Date, $to: Date, $first: Int, $after: String) {
  mrrMovements(dateFrom: $from, dateTo: $to, first: $first, after: $after) {
    totalCount
    pageInfo { endCursor hasNextPage }
    nodes {
      at kind cause amount { amount currency formatted } mrrAfter { amount }
      merchant { name } subscription { externalId }
    }
  }
}
"""


async def ask(platform: TestPlatform, text: str, /, **variables: Any) -> dict[str, Any]:
    caller = variables.pop("caller", None)
    result = await platform.execute(text, variables, caller=caller)
    assert result.errors == []
    assert result.data is not None
    [answer] = result.data.values()
    return dict(answer)


async def names(platform: TestPlatform, **variables: Any) -> list[str]:
    return [node["externalId"] for node in (await ask(platform, LIST, **variables))["nodes"]]


async def one_of_each(platform: TestPlatform) -> int:
    """A subscription in every status, named after it; the merchant of the active one."""
    async with platform.context() as ctx:
        now = ctx.clock.now()
        merchant = await make_merchant(ctx, name="Active")
        gold = await make_tier(ctx, code="gold")
        histories: dict[str, dict[str, Any]] = {
            "active": {"merchant_id": merchant.id},
            "trialing": {"trial_ends_at": now + timedelta(days=3)},
            "past_due": {"changes": [{"at": now - timedelta(days=9), "status": "past_due"}]},
            "paused": {"changes": [{"at": now - timedelta(days=9), "status": "paused"}]},
            "canceled": {"ended_at": now - timedelta(days=9)},
            "scheduled": {"started_at": now + timedelta(days=9)},
        }
        for place, (status, history) in enumerate(histories.items()):
            other = {"merchant_id": (await make_merchant(ctx)).id}
            started = {"started_at": now - YEAR + timedelta(days=place)}
            await make_subscription(ctx, external_id=status, tier=gold, **(other | started | history))
        return merchant.id


@pytest.mark.parametrize("status", ["active", "trialing", "past_due", "paused", "canceled", "scheduled"])
async def test_filters_by_what_they_are_now(platform: TestPlatform, status: str) -> None:
    await one_of_each(platform)

    answer = await ask(platform, LIST, filter={"status": status.upper()})

    assert [(node["externalId"], node["status"]) for node in answer["nodes"]] == [(status, status.upper())]
    assert answer["totalCount"] == 1


async def test_filters_by_merchant(platform: TestPlatform) -> None:
    merchant_id = await one_of_each(platform)

    assert await names(platform, filter={"merchantId": merchant_gid(merchant_id)}) == ["active"]


async def test_filters_by_the_tier_they_are_for_now(platform: TestPlatform) -> None:
    await one_of_each(platform)
    silver = await a_tier(platform, code="silver")
    async with platform.context() as ctx:
        change = {"at": ctx.clock.now() - timedelta(days=1), "tier_id": silver}
    await a_subscription(platform, external_id="moved", changes=[change])

    assert await names(platform, filter={"tier": "silver"}) == ["moved"]
    assert "moved" not in await names(platform, filter={"tier": "gold"})


async def test_lists_the_latest_first(platform: TestPlatform) -> None:
    await one_of_each(platform)
    latest_first = ["scheduled", "canceled", "paused", "past_due", "trialing", "active"]

    assert await names(platform) == latest_first
    oldest_first = await names(platform, orderBy={"field": "STARTED_AT", "direction": "ASC"})
    assert oldest_first == latest_first[::-1]


async def test_pages_through_all(platform: TestPlatform) -> None:
    await one_of_each(platform)

    first = await ask(platform, LIST, first=4)
    second = await ask(platform, LIST, first=4, after=first["pageInfo"]["endCursor"])

    assert [len(page["nodes"]) for page in (first, second)] == [4, 2]
    assert [page["pageInfo"]["hasNextPage"] for page in (first, second)] == [True, False]
    assert first["totalCount"] == 6
    found = [node["externalId"] for page in (first, second) for node in page["nodes"]]
    assert len(set(found)) == 6


async def test_shows_a_merchant_its_own(platform: TestPlatform) -> None:
    merchant_id = await one_of_each(platform)

    assert await names(platform, caller=platform.merchant_member(merchant_id)) == ["active"]


async def test_is_closed_to_store_staff(platform: TestPlatform) -> None:
    result = await platform.execute(LIST, caller=platform.store_staff(1))

    assert result.codes == ["FORBIDDEN"]


async def test_hides_other_platforms(platform: TestPlatform, other_platform: TestPlatform) -> None:
    subscription_id = await a_subscription(other_platform)
    one = "query ($id: ID!) { subscription(id: $id) { id } }"
    node = "query ($id: ID!) { node(id: $id) { id } }"

    assert await names(platform) == []
    found = await platform.execute(one, {"id": subscription_gid(subscription_id)})
    assert found.data == {"subscription": None}
    refused = await platform.execute(node, {"id": subscription_gid(subscription_id)})
    assert (refused.data or {}).get("node") is None
    assert (await ask(other_platform, one, id=subscription_gid(subscription_id)))["id"]


async def test_finds_any_object_by_its_id(platform: TestPlatform) -> None:
    tier_id, subscription_id = await a_tier(platform, code="gold"), await a_subscription(platform)
    text = """query ($id: ID!) {
      node(id: $id) { ... on BillingTier { code } ... on BillingSubscription { quantity } }
    }"""

    assert await ask(platform, text, id=tier_gid(tier_id)) == {"code": "gold"}
    assert await ask(platform, text, id=subscription_gid(subscription_id)) == {"quantity": 1}


async def test_lists_tiers_that_are_sold(platform: TestPlatform) -> None:
    await a_tier(platform, code="old", is_archived=True)
    new = await a_tier(platform, code="new")
    one = "query ($id: ID!) { tier(id: $id) { code } }"
    text = "query ($archived: Boolean!) { tiers(archived: $archived) { nodes { code isArchived } } }"

    assert (await ask(platform, text, archived=False))["nodes"] == [{"code": "new", "isArchived": False}]
    assert len((await ask(platform, text, archived=True))["nodes"]) == 2
    assert await ask(platform, one, id=tier_gid(new)) == {"code": "new"}


async def test_shows_a_merchant_with_its_subscriptions(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        merchant = await make_merchant(ctx, name="Ada")
        now = ctx.clock.now()
        for place, name in enumerate(["first", "second", "third"]):
            await make_subscription(
                ctx,
                merchant_id=merchant.id,
                started_at=now - YEAR + timedelta(days=place),
                external_id=name,
                ended_at=now - timedelta(days=1) if name == "third" else None,
            )

    [node] = (await ask(platform, OF_MERCHANTS))["nodes"]

    assert node["subscriptions"]["totalCount"] == 3
    assert [shown["externalId"] for shown in node["subscriptions"]["nodes"]] == ["third", "second"]
    assert node["activeSubscription"] == {"externalId": "second", "status": "ACTIVE"}


async def test_prefers_a_paid_subscription_to_a_later_trial(platform: TestPlatform) -> None:
    merchant_id = await a_merchant(platform)
    async with platform.context() as ctx:
        now = ctx.clock.now()
    await a_subscription(platform, merchant_id=merchant_id, external_id="paid")
    await a_subscription(
        platform,
        merchant_id=merchant_id,
        external_id="trial",
        started_at=now - timedelta(days=1),
        trial_ends_at=now + timedelta(days=1),
    )

    [node] = (await ask(platform, OF_MERCHANTS))["nodes"]

    assert node["activeSubscription"]["externalId"] == "paid"


@pytest.mark.parametrize("text", [LIST, OF_MERCHANTS, MOVEMENTS])
async def test_costs_the_same_for_one_and_for_many(platform: TestPlatform, text: str) -> None:
    await a_subscription(platform)
    with count_statements(platform.facet) as for_one:
        await ask(platform, text)
    for _ in range(8):
        await a_subscription(platform)

    with count_statements(platform.facet) as for_many:
        await ask(platform, text)

    assert len(for_many) == len(for_one)


async def test_tells_how_revenue_moved(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        merchant = await make_merchant(ctx, name="Ada")
        await make_subscription(
            ctx,
            merchant_id=merchant.id,
            started_at=datetime(2024, 1, 1, tzinfo=UTC),
            external_id="s-1",
            changes=[{"at": datetime(2024, 2, 10, tzinfo=UTC), "quantity": 2}],
            ended_at=datetime(2024, 3, 1, tzinfo=UTC),
        )

    everything = await ask(platform, MOVEMENTS)
    february = await ask(platform, MOVEMENTS, **{"from": "2024-02-01", "to": "2024-02-29"})

    assert everything["totalCount"] == 3
    assert [node["kind"] for node in everything["nodes"]] == ["NEW", "EXPANSION", "CHURN"]
    assert everything["nodes"][2]["amount"] == {
        "amount": "-100.00",
        "currency": "EUR",
        "formatted": "-€100.00",
    }
    assert february["nodes"] == [
        {
            "at": "2024-02-10T00:00:00+00:00",
            "kind": "EXPANSION",
            "cause": "QUANTITY",
            "amount": {"amount": "50.00", "currency": "EUR", "formatted": "€50.00"},
            "mrrAfter": {"amount": "100.00"},
            "merchant": {"name": "Ada"},
            "subscription": {"externalId": "s-1"},
        }
    ]


async def test_tells_what_is_known_to_come_only_when_asked(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        ahead = ctx.clock.now() + timedelta(days=20)
    await a_subscription(platform, ended_at=ahead)

    assert (await ask(platform, MOVEMENTS))["totalCount"] == 1
    assert (await ask(platform, MOVEMENTS, to=f"{ahead + timedelta(days=1):%Y-%m-%d}"))["totalCount"] == 2


async def test_refuses_days_in_the_wrong_order(platform: TestPlatform) -> None:
    result = await platform.execute(MOVEMENTS, {"from": "2024-03-02", "to": "2024-03-01"})

    assert result.codes == ["BAD_USER_INPUT"]
