"""Pausing a subscription and resuming it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from modules.billing.mrr import Status
from server.testing import TestPlatform
from tests.modules.billing.asking import a_subscription, movements, now_of, subscription_gid

PAUSE = """
mutation ($id: ID!) {
  pauseSubscription(id: $id) {
    ... on PauseSubscriptionPayload { subscription { status mrr { amount } } }
    ... on Error { code }
  }
}
"""
RESUME = """
mutation ($id: ID!) {
  resumeSubscription(id: $id) {
    ... on ResumeSubscriptionPayload { subscription { status mrr { amount } } }
    ... on Error { code }
  }
}
"""


async def ask(platform: TestPlatform, text: str, subscription_id: int) -> dict[str, Any]:
    result = await platform.execute(text, {"id": subscription_gid(subscription_id)})
    assert result.errors == []
    assert result.data is not None
    [answer] = result.data.values()
    return dict(answer)


async def test_takes_a_paused_subscription_out_of_the_revenue(platform: TestPlatform) -> None:
    subscription_id = await a_subscription(platform)

    answer = await ask(platform, PAUSE, subscription_id)

    assert answer == {"subscription": {"status": "PAUSED", "mrr": {"amount": "0.00"}}}
    assert await movements(platform) == [("new", "start", 5_000, 5_000), ("churn", "pause", -5_000, 0)]


async def test_brings_a_resumed_subscription_back(platform: TestPlatform) -> None:
    subscription_id = await a_subscription(platform)
    await ask(platform, PAUSE, subscription_id)

    answer = await ask(platform, RESUME, subscription_id)

    assert answer == {"subscription": {"status": "ACTIVE", "mrr": {"amount": "50.00"}}}
    assert (await movements(platform))[2] == ("reactivation", "resume", 5_000, 5_000)


async def test_goes_on_with_a_trial_that_has_not_passed(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        now = ctx.clock.now()
    subscription_id = await a_subscription(
        platform, started_at=now - timedelta(days=1), trial_ends_at=now + timedelta(days=5)
    )
    await ask(platform, PAUSE, subscription_id)

    answer = await ask(platform, RESUME, subscription_id)

    assert answer["subscription"]["status"] == "TRIALING"
    assert await movements(platform) == [("new", "trial_end", 5_000, 5_000)]


async def test_refuses_to_pause_twice(platform: TestPlatform) -> None:
    subscription_id = await a_subscription(platform)

    answers = await asyncio.gather(*(ask(platform, PAUSE, subscription_id) for _ in range(2)))

    assert {"code": "BILLING_SUBSCRIPTION_ALREADY_PAUSED"} in answers
    assert len(await movements(platform)) == 2


async def test_refuses_to_resume_what_runs(platform: TestPlatform) -> None:
    subscription_id = await a_subscription(platform)

    assert await ask(platform, RESUME, subscription_id) == {"code": "BILLING_SUBSCRIPTION_NOT_PAUSED"}
    assert (await now_of(platform, subscription_id))[1].status is Status.ACTIVE


async def test_refuses_what_has_ended(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        now = ctx.clock.now()
    subscription_id = await a_subscription(platform, ended_at=now - timedelta(days=1))

    assert await ask(platform, PAUSE, subscription_id) == {"code": "BILLING_SUBSCRIPTION_HAS_ENDED"}
    assert await ask(platform, RESUME, subscription_id) == {"code": "BILLING_SUBSCRIPTION_HAS_ENDED"}


async def test_refuses_a_subscription_of_another_platform(
    platform: TestPlatform, other_platform: TestPlatform
) -> None:
    subscription_id = await a_subscription(other_platform)

    assert await ask(platform, PAUSE, subscription_id) == {"code": "BILLING_SUBSCRIPTION_NOT_FOUND"}
    assert (await now_of(other_platform, subscription_id))[1].status is Status.ACTIVE
