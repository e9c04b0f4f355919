"""Data for tests: tiers and subscriptions that began, changed and ended whenever the test likes."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from typing import Any

from modules.billing.ledger import lock_ledger, rebuild_ledger
from modules.billing.models import Subscription, SubscriptionChange, Tier
from modules.billing.repository import SubscriptionRepository, TierRepository
from server.context import Context

_numbers = count(1)


async def make_tier(
    ctx: Context,
    *,
    code: str | None = None,
    amount_minor: int = 5_000,
    currency: str = "EUR",
    interval: str = "month",
    interval_count: int = 1,
    is_archived: bool = False,
) -> Tier:
    """A tier on sale, 50.00 EUR a month."""
    code = code or f"tier-{next(_numbers)}"
    return await TierRepository(ctx).add(
        Tier(
            code=code,
            name=code.title(),
            amount_minor=amount_minor,
            currency=currency,
            interval=interval,
            interval_count=interval_count,
            is_archived=is_archived,
        )
    )


async def make_subscription(
    ctx: Context,
    *,
    merchant_id: int,
    started_at: datetime,
    tier: Tier | None = None,
    quantity: int = 1,
    trial_ends_at: datetime | None = None,
    cancel_requested_at: datetime | None = None,
    ended_at: datetime | None = None,
    external_id: str | None = None,
    changes: list[dict[str, Any]] | None = None,
    **terms: Any,
) -> Subscription:
    """A subscription with its history and the merchant's ledger derived from it.

    `terms` are `amount_minor`, `currency`, `interval`, `interval_count`, by default the tier's; each of
    `changes` has `at` and what changed.
    """
    if tier is None:
        known = {name: terms[name] for name in ("currency", "interval", "interval_count") if name in terms}
        tier = await make_tier(ctx, amount_minor=terms.get("amount_minor", 5_000), **known)
    row = await SubscriptionRepository(ctx).add(
        Subscription(
            merchant_id=merchant_id,
            external_id=external_id,
            tier_id=tier.id,
            amount_minor=terms.get("amount_minor", tier.amount_minor),
            currency=terms.get("currency", tier.currency),
            interval=terms.get("interval", tier.interval),
            interval_count=terms.get("interval_count", tier.interval_count),
            quantity=quantity,
            started_at=started_at,
            trial_ends_at=trial_ends_at,
            cancel_requested_at=cancel_requested_at,
            ended_at=ended_at,
            created_at=started_at,
        )
    )
    for change in changes or []:
        ctx.session.add(SubscriptionChange(platform_id=ctx.platform_id, subscription_id=row.id, **change))
    await ctx.session.flush()
    await lock_ledger(ctx, merchant_id)
    await rebuild_ledger(ctx, [merchant_id])
    return row
