"""Subscribing a merchant to a tier."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from modules.billing.repository import SubscriptionRepository
from modules.tenancy.testing import make_merchant
from server.db.audit import AuditEntry
from server.platforms.configuration import configure_module
from server.testing import TestPlatform
from tests.modules.billing.asking import (
    a_merchant,
    a_subscription,
    a_tier,
    merchant_gid,
    movements,
    subscription_gid,
    tier_gid,
)

CREATE = """
mutation ($input: CreateSubscriptionInput!) {
  createSubscription(input: $input) {
    __typename
    ... on CreateSubscriptionPayload {
      subscription {
        id status quantity price { amount } mrr { amount currency } startedAt trialEndsAt currentPeriodEndsAt
        tier { code } merchant { id }
      }
    }
    ... on ValidationFailed { fields { field } }
    ... on Error { code message }
  }
}
"""


async def create(platform: TestPlatform, merchant_id: int, tier_id: int, **values: Any) -> dict[str, Any]:
    given = {"merchantId": merchant_gid(merchant_id), "tierId": tier_gid(tier_id), **values}
    result = await platform.execute(CREATE, {"input": given})
    assert result.errors == []
    assert result.data is not None
    answer: dict[str, Any] = result.data["createSubscription"]
    return answer


async def stored(platform: TestPlatform) -> int:
    async with platform.context() as ctx:
        subscriptions = SubscriptionRepository(ctx)
        return len(await subscriptions.all(subscriptions.owned()))


async def test_charges_at_once_without_a_trial(platform: TestPlatform) -> None:
    merchant_id, tier_id = await a_merchant(platform), await a_tier(platform, code="gold")

    answer = await create(platform, merchant_id, tier_id, trialDays=0, quantity=3)

    subscription = answer["subscription"]
    assert subscription["status"] == "ACTIVE"
    assert subscription["mrr"] == {"amount": "150.00", "currency": "EUR"}
    assert subscription["price"] == {"amount": "50.00"}
    assert subscription["quantity"] == 3
    assert subscription["trialEndsAt"] is None
    assert subscription["tier"] == {"code": "gold"}
    assert subscription["merchant"] == {"id": merchant_gid(merchant_id)}
    assert await movements(platform) == [("new", "start", 15_000, 15_000)]


async def test_begins_with_the_trial_the_platform_has_set(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        await configure_module(ctx, "billing", {"trial_days": 7})
    merchant_id, tier_id = await a_merchant(platform), await a_tier(platform)

    answer = await create(platform, merchant_id, tier_id)

    assert answer["subscription"]["status"] == "TRIALING"
    assert answer["subscription"]["mrr"] == {"amount": "0.00", "currency": "EUR"}
    assert answer["subscription"]["currentPeriodEndsAt"] == answer["subscription"]["trialEndsAt"]
    async with platform.context() as ctx:
        subscriptions = SubscriptionRepository(ctx)
        row = (await subscriptions.all(subscriptions.owned()))[0]
    assert row.trial_ends_at is not None
    assert row.trial_ends_at - row.started_at == timedelta(days=7)
    assert await movements(platform) == [("new", "trial_end", 5_000, 5_000)]


async def test_takes_a_price_of_its_own(platform: TestPlatform) -> None:
    merchant_id, tier_id = await a_merchant(platform), await a_tier(platform)

    answer = await create(platform, merchant_id, tier_id, amount="12.34", trialDays=0)

    assert answer["subscription"]["mrr"]["amount"] == "12.34"


async def test_writes_down_who_did_it(platform: TestPlatform) -> None:
    merchant_id, tier_id = await a_merchant(platform), await a_tier(platform, code="gold")

    answer = await create(platform, merchant_id, tier_id)

    async with platform.context() as ctx:
        statement = select(AuditEntry).where(AuditEntry.action == "billing.subscription_created")
        entry = (await ctx.session.execute(statement)).scalar_one()
    assert entry.subject == answer["subscription"]["id"]
    assert entry.after == {"tier": "gold", "quantity": 1, "amount_minor": 5_000}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"quantity": -1}, "quantity"),
        ({"trialDays": 366}, "trialDays"),
        ({"amount": "0.001"}, "amount"),
        ({"externalId": " "}, "externalId"),
    ],
)
async def test_refuses_values_it_cannot_keep(
    platform: TestPlatform, values: dict[str, Any], field: str
) -> None:
    merchant_id, tier_id = await a_merchant(platform), await a_tier(platform)

    answer = await create(platform, merchant_id, tier_id, **values)

    assert answer["__typename"] == "ValidationFailed"
    assert answer["fields"] == [{"field": field}]
    assert await stored(platform) == 0


async def test_refuses_an_unknown_merchant(platform: TestPlatform, other_platform: TestPlatform) -> None:
    tier_id, elsewhere = await a_tier(platform), await a_merchant(other_platform)

    answer = await create(platform, elsewhere, tier_id)

    assert answer["__typename"] == "MerchantNotFound"
    assert await stored(platform) == 0


async def test_refuses_an_archived_merchant(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        merchant_id = (await make_merchant(ctx, archived_at=ctx.clock.now())).id

    answer = await create(platform, merchant_id, await a_tier(platform))

    assert answer["code"] == "BILLING_MERCHANT_CANNOT_SUBSCRIBE"
    assert await stored(platform) == 0


async def test_refuses_an_unknown_tier(platform: TestPlatform, other_platform: TestPlatform) -> None:
    merchant_id, elsewhere = await a_merchant(platform), await a_tier(other_platform)

    answer = await create(platform, merchant_id, elsewhere)

    assert answer["code"] == "BILLING_TIER_NOT_FOUND"
    assert await stored(platform) == 0


async def test_refuses_a_tier_that_is_no_longer_sold(platform: TestPlatform) -> None:
    merchant_id, tier_id = await a_merchant(platform), await a_tier(platform, is_archived=True)

    answer = await create(platform, merchant_id, tier_id)

    assert answer["code"] == "BILLING_TIER_IS_ARCHIVED"
    assert await stored(platform) == 0


async def test_refuses_an_external_id_that_is_taken(platform: TestPlatform) -> None:
    await a_subscription(platform, external_id="s-1")
    merchant_id, tier_id = await a_merchant(platform), await a_tier(platform)

    answer = await create(platform, merchant_id, tier_id, externalId="s-1")

    assert answer["code"] == "BILLING_SUBSCRIPTION_EXTERNAL_ID_TAKEN"
    assert await stored(platform) == 1


async def test_subscribes_once_when_asked_twice_at_the_same_moment(platform: TestPlatform) -> None:
    merchant_id, tier_id = await a_merchant(platform), await a_tier(platform)

    answers = await asyncio.gather(*(create(platform, merchant_id, tier_id, trialDays=0) for _ in range(3)))

    assert sorted(answer["__typename"] for answer in answers) == [
        "AlreadySubscribed",
        "AlreadySubscribed",
        "CreateSubscriptionPayload",
    ]
    assert await stored(platform) == 1
    assert await movements(platform) == [("new", "start", 5_000, 5_000)]


async def test_adds_two_tiers_at_the_same_moment_into_one_ledger(platform: TestPlatform) -> None:
    merchant_id = await a_merchant(platform)
    tiers = [await a_tier(platform), await a_tier(platform, amount_minor=700)]

    await asyncio.gather(*(create(platform, merchant_id, tier_id, trialDays=0) for tier_id in tiers))

    told = await movements(platform)
    assert [kind for kind, *_ in told] == ["new", "expansion"]
    assert told[-1][-1] == 5_700


async def test_needs_the_permission(platform: TestPlatform) -> None:
    merchant_id, tier_id = await a_merchant(platform), await a_tier(platform)
    given = {"merchantId": merchant_gid(merchant_id), "tierId": tier_gid(tier_id)}

    result = await platform.execute(CREATE, {"input": given}, caller=platform.merchant_member(merchant_id))

    assert result.codes == ["FORBIDDEN"]
    assert await stored(platform) == 0


async def test_refuses_the_id_of_something_else(platform: TestPlatform) -> None:
    merchant_id = await a_merchant(platform)
    given = {"merchantId": merchant_gid(merchant_id), "tierId": subscription_gid(1)}

    result = await platform.execute(CREATE, {"input": given})

    assert result.codes == ["BAD_USER_INPUT"]
