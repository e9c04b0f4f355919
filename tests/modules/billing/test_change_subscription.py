"""Giving a subscription another tier, quantity or price."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from modules.billing.testing import make_tier
from server.testing import TestPlatform
from tests.modules.billing.asking import (
    a_subscription,
    a_tier,
    movements,
    now_of,
    subscription_gid,
    tier_gid,
)

CHANGE = """
mutation ($input: ChangeSubscriptionInput!) {
  changeSubscription(input: $input) {
    __typename
    ... on ChangeSubscriptionPayload {
      subscription { quantity price { amount } interval mrr { amount } tier { code } }
    }
    ... on ValidationFailed { fields { field } }
    ... on Error { code }
  }
}
"""


async def change(platform: TestPlatform, subscription_id: int, **values: Any) -> dict[str, Any]:
    result = await platform.execute(CHANGE, {"input": {"id": subscription_gid(subscription_id), **values}})
    assert result.errors == []
    assert result.data is not None
    answer: dict[str, Any] = result.data["changeSubscription"]
    return answer


async def test_counts_a_larger_quantity_as_expansion(platform: TestPlatform) -> None:
    subscription_id = await a_subscription(platform)

    answer = await change(platform, subscription_id, quantity=3)

    assert answer["subscription"]["mrr"] == {"amount": "150.00"}
    assert await movements(platform) == [
        ("new", "start", 5_000, 5_000),
        ("expansion", "quantity", 10_000, 15_000),
    ]


async def test_counts_a_lower_price_as_contraction(platform: TestPlatform) -> None:
    subscription_id = await a_subscription(platform)

    await change(platform, subscription_id, amount="20")

    assert (await movements(platform))[1] == ("contraction", "price", -3_000, 2_000)


async def test_takes_price_and_period_of_another_tier(platform: TestPlatform) -> None:
    subscription_id = await a_subscription(platform)
    tier_id = await a_tier(platform, code="yearly", amount_minor=120_000, interval="year")

    answer = await change(platform, subscription_id, tierId=tier_gid(tier_id))

    assert answer["subscription"] == {
        "quantity": 1,
        "price": {"amount": "1200.00"},
        "interval": "YEAR",
        "mrr": {"amount": "100.00"},
        "tier": {"code": "yearly"},
    }
    assert (await movements(platform))[1] == ("expansion", "tier", 5_000, 10_000)


async def test_keeps_an_agreed_price_with_another_tier(platform: TestPlatform) -> None:
    subscription_id = await a_subscription(platform)
    tier_id = await a_tier(platform, amount_minor=9_000)

    answer = await change(platform, subscription_id, tierId=tier_gid(tier_id), amount="50.00", quantity=2)

    assert answer["subscription"]["mrr"] == {"amount": "100.00"}


async def test_leaves_alone_what_is_so_already(platform: TestPlatform) -> None:
    subscription_id = await a_subscription(platform)

    answer = await change(platform, subscription_id, quantity=1, amount="50.00")

    assert answer["__typename"] == "ChangeSubscriptionPayload"
    assert await movements(platform) == [("new", "start", 5_000, 5_000)]


async def test_keeps_history_as_it_was(platform: TestPlatform) -> None:
    subscription_id = await a_subscription(platform)

    await change(platform, subscription_id, quantity=2)
    await change(platform, subscription_id, quantity=5)

    row, terms = await now_of(platform, subscription_id)
    assert (row.quantity, terms.quantity) == (1, 5)
    assert [after for *_, after in await movements(platform)] == [5_000, 10_000, 25_000]


@pytest.mark.parametrize(
    ("values", "field"), [({"quantity": -1}, "quantity"), ({"amount": "1.001"}, "amount")]
)
async def test_refuses_values_it_cannot_keep(
    platform: TestPlatform, values: dict[str, Any], field: str
) -> None:
    subscription_id = await a_subscription(platform)

    answer = await change(platform, subscription_id, **values)

    assert answer["fields"] == [{"field": field}]
    assert await movements(platform) == [("new", "start", 5_000, 5_000)]


async def test_refuses_another_currency(platform: TestPlatform) -> None:
    subscription_id = await a_subscription(platform)
    tier_id = await a_tier(platform, currency="USD")

    answer = await change(platform, subscription_id, tierId=tier_gid(tier_id))

    assert answer["code"] == "BILLING_CURRENCY_MISMATCH"
    assert await movements(platform) == [("new", "start", 5_000, 5_000)]


async def test_refuses_a_tier_the_merchant_has_already(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        tier = await make_tier(ctx)
    subscription_id = await a_subscription(platform)
    row, _ = await now_of(platform, subscription_id)
    await a_subscription(platform, merchant_id=row.merchant_id, tier=tier)

    answer = await change(platform, subscription_id, tierId=tier_gid(tier.id))

    assert answer["code"] == "BILLING_ALREADY_SUBSCRIBED"


async def test_refuses_a_subscription_that_has_ended(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        now = ctx.clock.now()
    subscription_id = await a_subscription(platform, ended_at=now)

    answer = await change(platform, subscription_id, quantity=2)

    assert answer["code"] == "BILLING_SUBSCRIPTION_HAS_ENDED"


async def test_refuses_a_subscription_of_another_platform(
    platform: TestPlatform, other_platform: TestPlatform
) -> None:
    subscription_id = await a_subscription(other_platform)

    answer = await change(platform, subscription_id, quantity=2)

    assert answer["code"] == "BILLING_SUBSCRIPTION_NOT_FOUND"
    assert (await now_of(other_platform, subscription_id))[1].quantity == 1


async def test_applies_two_changes_at_the_same_moment(platform: TestPlatform) -> None:
    subscription_id = await a_subscription(platform)

    await asyncio.gather(
        change(platform, subscription_id, quantity=2), change(platform, subscription_id, amount="70")
    )

    _, terms = await now_of(platform, subscription_id)
    assert (terms.quantity, terms.amount_minor, terms.mrr_minor) == (2, 7_000, 14_000)
    assert (await movements(platform))[-1][-1] == 14_000
