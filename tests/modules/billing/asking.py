"""What the tests of mutations and lists share."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from modules.billing.models import Subscription
from modules.billing.repository import MrrMovementRepository, SubscriptionRepository, Terms
from modules.billing.testing import make_subscription, make_tier
from modules.tenancy.testing import make_merchant
from server.context import Context
from server.graphql.ids import global_id
from server.testing import TestPlatform

YEAR = timedelta(days=365)


def merchant_gid(id: int) -> str:
    return global_id("Merchant", id)


def tier_gid(id: int) -> str:
    return global_id("BillingTier", id)


def subscription_gid(id: int) -> str:
    return global_id("BillingSubscription", id)


async def a_merchant(platform: TestPlatform) -> int:
    async with platform.context() as ctx:
        return (await make_merchant(ctx)).id


async def a_tier(platform: TestPlatform, **values: Any) -> int:
    async with platform.context() as ctx:
        return (await make_tier(ctx, **values)).id


async def a_subscription(platform: TestPlatform, **values: Any) -> int:
    """A subscription of a merchant of its own that began a year ago and costs 50.00 EUR a month."""
    async with platform.context() as ctx:
        merchant_id = values.pop("merchant_id", None) or (await make_merchant(ctx)).id
        started_at = values.pop("started_at", None) or ctx.clock.now() - YEAR
        return (await make_subscription(ctx, merchant_id=merchant_id, started_at=started_at, **values)).id


async def now_of(platform: TestPlatform, subscription_id: int) -> tuple[Subscription, Terms]:
    """The stored subscription and what it is at this moment."""
    async with platform.context() as ctx:
        subscriptions = SubscriptionRepository(ctx)
        row = (await subscriptions.by_ids([subscription_id]))[subscription_id]
        return row, (await subscriptions.terms([row], ctx.clock.now()))[subscription_id]


async def movements(platform: TestPlatform) -> list[tuple[str, str, int, int]]:
    """Kind, cause, amount and MRR afterwards of every line of the platform's ledger, in time."""
    async with platform.context() as ctx:
        return [
            (line.kind, line.cause, line.amount_minor, line.mrr_after_minor) for line in await _lines(ctx)
        ]


async def _lines(ctx: Context) -> list[Any]:
    ledger = MrrMovementRepository(ctx)
    return sorted(await ledger.all(ledger.owned()), key=lambda line: line.at)
