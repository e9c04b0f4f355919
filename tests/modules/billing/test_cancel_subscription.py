"""Canceling a subscription."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from modules.billing.mrr import Interval, Status
from modules.billing.periods import period_end
from server.testing import TestPlatform
from tests.modules.billing.asking import a_subscription, movements, now_of, subscription_gid

CANCEL = """
mutation ($id: ID!, $atPeriodEnd: Boolean! = true) {
  cancelSubscription(id: $id, atPeriodEnd: $atPeriodEnd) {
    ... on CancelSubscriptionPayload { subscription { status mrr { amount } cancelRequestedAt endedAt } }
    ... on Error { code }
  }
}
"""


async def cancel(
    platform: TestPlatform, subscription_id: int, *, at_period_end: bool = True
) -> dict[str, Any]:
    variables = {"id": subscription_gid(subscription_id), "atPeriodEnd": at_period_end}
    result = await platform.execute(CANCEL, variables)
    assert result.errors == []
    assert result.data is not None
    return dict(result.data["cancelSubscription"])


async def test_runs_until_the_period_ends(platform: TestPlatform) -> None:
    subscription_id = await a_subscription(platform)

    answer = await cancel(platform, subscription_id)

    assert answer["subscription"]["status"] == "ACTIVE"
    assert answer["subscription"]["mrr"] == {"amount": "50.00"}
    row, _ = await now_of(platform, subscription_id)
    assert row.cancel_requested_at is not None
    assert row.ended_at == period_end(
        row.started_at, Interval.MONTH, 1, row.cancel_requested_at, platform.record.zone
    )
    assert await movements(platform) == [("new", "start", 5_000, 5_000), ("churn", "end", -5_000, 0)]


async def test_ends_at_once_when_asked(platform: TestPlatform) -> None:
    subscription_id = await a_subscription(platform)

    answer = await cancel(platform, subscription_id, at_period_end=False)

    assert answer["subscription"]["status"] == "CANCELED"
    assert answer["subscription"]["mrr"] == {"amount": "0.00"}
    assert answer["subscription"]["endedAt"] == answer["subscription"]["cancelRequestedAt"]


async def test_ends_sooner_when_asked_again(platform: TestPlatform) -> None:
    subscription_id = await a_subscription(platform)
    await cancel(platform, subscription_id)

    answer = await cancel(platform, subscription_id, at_period_end=False)

    assert answer["subscription"]["status"] == "CANCELED"
    assert len(await movements(platform)) == 2


async def test_never_charges_a_trial_that_is_canceled(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        now = ctx.clock.now()
    subscription_id = await a_subscription(
        platform, started_at=now - timedelta(days=1), trial_ends_at=now + timedelta(days=5)
    )

    answer = await cancel(platform, subscription_id)

    assert answer["subscription"]["status"] == "TRIALING"
    row, _ = await now_of(platform, subscription_id)
    assert row.ended_at == row.trial_ends_at
    assert await movements(platform) == []


async def test_refuses_to_cancel_twice(platform: TestPlatform) -> None:
    subscription_id = await a_subscription(platform)

    answers = await asyncio.gather(*(cancel(platform, subscription_id) for _ in range(2)))

    assert {"code": "BILLING_SUBSCRIPTION_ALREADY_CANCELED"} in answers
    assert len(await movements(platform)) == 2


async def test_refuses_what_has_ended(platform: TestPlatform) -> None:
    subscription_id = await a_subscription(platform)
    await cancel(platform, subscription_id, at_period_end=False)

    answer = await cancel(platform, subscription_id, at_period_end=False)

    assert answer == {"code": "BILLING_SUBSCRIPTION_HAS_ENDED"}


async def test_refuses_a_subscription_of_another_platform(
    platform: TestPlatform, other_platform: TestPlatform
) -> None:
    subscription_id = await a_subscription(other_platform)

    answer = await cancel(platform, subscription_id, at_period_end=False)

    assert answer == {"code": "BILLING_SUBSCRIPTION_NOT_FOUND"}
    assert (await now_of(other_platform, subscription_id))[1].status is Status.ACTIVE
