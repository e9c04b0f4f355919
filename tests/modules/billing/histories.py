"""Random histories of a merchant's subscriptions, and storing them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from modules.billing.testing import make_subscription
from server.context import Context
from tests.modules.billing.oracle import Change, Plan

START = datetime(2024, 1, 1, tzinfo=UTC)


def days(number: int) -> datetime:
    return START + timedelta(days=number)


@st.composite
def changes(draw: st.DrawFn, started: int) -> list[Change]:
    """Changes on different days, each of something."""
    on = draw(st.lists(st.integers(started, 90), max_size=5, unique=True))
    something = st.sampled_from(
        [
            {"amount_minor": 0},
            {"amount_minor": 1_999},
            {"amount_minor": 10_001},
            {"quantity": 0},
            {"quantity": 3},
        ]
        + [{"status": status} for status in ("active", "past_due", "paused")]
        + [{"status": "active", "quantity": 2, "amount_minor": 777}]
    )
    return [Change(at=days(day), **draw(something)) for day in on]


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    started = draw(st.integers(0, 60))
    trial = draw(st.none() | st.integers(0, 20))
    lasts = draw(st.none() | st.integers(0, 80))
    return Plan(
        started_at=days(started),
        amount_minor=draw(st.sampled_from([0, 5, 999, 5_000, 10_000])),
        currency=draw(st.sampled_from(["EUR", "EUR", "USD"])),
        interval=draw(st.sampled_from(["day", "week", "month", "year"])),
        interval_count=draw(st.integers(1, 3)),
        quantity=draw(st.integers(0, 3)),
        trial_ends_at=None if trial is None else days(started + trial),
        ended_at=None if lasts is None else days(started + lasts),
        changes=draw(changes(started)),
    )


async def store(ctx: Context, merchant_id: int, plan: Plan) -> int:
    """The plan as a subscription of the merchant; its id."""
    row = await make_subscription(
        ctx,
        merchant_id=merchant_id,
        started_at=plan.started_at,
        amount_minor=plan.amount_minor,
        currency=plan.currency,
        interval=plan.interval,
        interval_count=plan.interval_count,
        quantity=plan.quantity,
        trial_ends_at=plan.trial_ends_at,
        ended_at=plan.ended_at,
        changes=[
            {
                "at": change.at,
                "amount_minor": change.amount_minor,
                "quantity": change.quantity,
                "status": change.status,
            }
            for change in plan.changes
        ],
    )
    return row.id
