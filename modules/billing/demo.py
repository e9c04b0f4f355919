"""Demo data: two years of subscriptions, with trials, upgrades, pauses and cancellations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from server.contracts.demo import DemoData, DemoSeed
from server.contracts.imports import Row

TIERS = (("starter", "29.00"), ("growth", "99.00"), ("scale", "299.00"))
ADD_ONS = (("support", "19.00"), ("analytics", "49.00"))
TRIAL_DAYS = 14


def start_of(seed: DemoSeed, merchant_id: str) -> date:
    """The day a merchant subscribed, soon after it joined."""
    return seed.joined(merchant_id) + timedelta(days=seed.random(f"start {merchant_id}").randint(1, 14))


def subscriptions(seed: DemoSeed) -> Iterator[Row]:
    """A tier for each merchant, and extras: most run, every fifth was canceled, every sixth pays yearly."""
    for number, merchant_id in enumerate(seed.merchant_ids()):
        random = seed.random(f"subscription {merchant_id}")
        start = start_of(seed, merchant_id)
        tier, price = TIERS[min(number % 5, 2)]
        yearly = number % 6 == 5
        has_ended = number % 5 == 4
        end = start + (seed.until - start) * random.uniform(0.5, 0.95)
        yield {
            "external_id": f"sub-{merchant_id}",
            "merchant_id": merchant_id,
            "tier": tier,
            "amount": f"{float(price) * 10:.2f}" if yearly else price,
            "currency": seed.platform.currency,
            "interval": "year" if yearly else "month",
            "interval_count": "1",
            "quantity": str(random.randint(1, 3)),
            "started_at": _at(start, 10),
            "trial_ends_at": _at(start + timedelta(days=TRIAL_DAYS), 10),
            "cancel_requested_at": _at(end - timedelta(days=5), 9) if has_ended else None,
            "ended_at": _at(end, 10) if has_ended else None,
        }
        yield from _add_ons(seed, number, merchant_id)


def _add_ons(seed: DemoSeed, number: int, merchant_id: str) -> Iterator[Row]:
    """None, one or two extras beside the tier, each from some day on; they run."""
    for code, price in ADD_ONS[: number % 3]:
        random = seed.random(f"{code} {merchant_id}")
        start = start_of(seed, merchant_id)
        yield {
            "external_id": f"sub-{merchant_id}-{code}",
            "merchant_id": merchant_id,
            "tier": code,
            "amount": price,
            "currency": seed.platform.currency,
            "interval": "month",
            "interval_count": "1",
            "quantity": "1",
            "started_at": _at(start + (seed.until - start) * random.random() * 0.9, 11),
            "trial_ends_at": None,
            "cancel_requested_at": None,
            "ended_at": None,
        }


def subscription_changes(seed: DemoSeed) -> Iterator[Row]:
    """A third of the subscriptions grow, a few shrink, pause and resume, or fall behind."""
    for number, merchant_id in enumerate(seed.merchant_ids()):
        random = seed.random(f"change {merchant_id}")
        start, subscription_id = start_of(seed, merchant_id), f"sub-{merchant_id}"
        span = (seed.until - start).days
        day = start + timedelta(days=TRIAL_DAYS + random.randint(1, span // 3))
        if number % 3 == 0:
            yield _change(subscription_id, day, quantity=random.randint(4, 6))
        elif number % 7 == 1:
            yield _change(subscription_id, day, amount=TIERS[0][1], tier=TIERS[0][0], quantity=1)
        if number % 9 == 2:
            yield _change(subscription_id, seed.until - timedelta(days=25), status="paused")
            yield _change(subscription_id, seed.until - timedelta(days=10), status="active")
        elif number % 9 == 6:
            yield _change(subscription_id, seed.until - timedelta(days=12), status="past_due")


def _change(subscription_id: str, day: date, **terms: str | int) -> Row:
    values = {name: str(value) for name, value in terms.items()}
    return {"subscription_id": subscription_id, "at": _at(day, 12), **values}


def _at(day: date, hour: int) -> str:
    return datetime.combine(day, time(hour)).isoformat()


DEMO = DemoData(
    off_on=("loyalty",), rows={"subscriptions": subscriptions, "subscription_changes": subscription_changes}
)
