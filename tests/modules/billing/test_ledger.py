"""The ledger: its lines add up to the MRR at every instant, and say rightly what moved."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from modules.billing.ledger import Rebuilt, lock_ledger, rebuild_ledger
from modules.billing.models import STATE, MrrMovement, state_at
from modules.billing.mrr import MovementKind, monthly_minor, movement_kind
from modules.billing.repository import SubscriptionRepository
from modules.billing.testing import make_subscription
from modules.tenancy.testing import make_merchant
from server.context import Context
from server.testing import TestPlatform
from tests.modules.billing.histories import days, plans, store
from tests.modules.billing.oracle import Plan, mrr_at

GRACE = timedelta(days=30)


async def lines(ctx: Context, merchant_id: int, currency: str = "EUR") -> list[MrrMovement]:
    statement = select(MrrMovement).where(
        MrrMovement.merchant_id == merchant_id, MrrMovement.currency == currency
    )
    return list((await ctx.session.execute(statement.order_by(MrrMovement.at))).scalars())


async def told(ctx: Context, merchant_id: int, currency: str = "EUR") -> list[tuple[int, str, str, int, int]]:
    """Day, kind, cause, amount and MRR afterwards of each line."""
    return [
        ((line.at - days(0)).days, line.kind, line.cause, line.amount_minor, line.mrr_after_minor)
        for line in await lines(ctx, merchant_id, currency)
    ]


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=st.lists(plans(), min_size=1, max_size=3))
async def test_adds_up_to_the_mrr_at_every_instant(platform: TestPlatform, history: list[Plan]) -> None:
    async with platform.context() as ctx:
        merchant = await make_merchant(ctx)
        for plan in history:
            await store(ctx, merchant.id, plan)

        for currency in ("EUR", "USD"):
            written = await lines(ctx, merchant.id, currency)
            instants = {instant for plan in history for instant in plan.instants(GRACE)}
            for instant in instants | {at - timedelta(microseconds=1) for at in instants}:
                so_far = sum(line.amount_minor for line in written if line.at <= instant)
                assert so_far == mrr_at(history, currency, instant, GRACE), instant

            before, paid = 0, False
            for line in written:
                assert line.mrr_after_minor == before + line.amount_minor
                kind = movement_kind(before, line.mrr_after_minor, paid_before=paid)
                assert kind is MovementKind(line.kind)
                before, paid = line.mrr_after_minor, True


@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(plan=plans())
async def test_tells_status_and_value_at_every_instant(platform: TestPlatform, plan: Plan) -> None:
    async with platform.context() as ctx:
        merchant = await make_merchant(ctx)
        subscription_id = await store(ctx, merchant.id, plan)
        subscriptions = SubscriptionRepository(ctx)
        row = (await subscriptions.by_ids([subscription_id]))[subscription_id]

        for instant in plan.instants(GRACE):
            terms = (await subscriptions.terms([row], instant))[subscription_id]
            assert terms.status == plan.status_at(instant)
            if terms.status in ("active", "past_due"):
                value = monthly_minor(
                    terms.amount_minor, terms.quantity, terms.interval, terms.interval_count
                )
                assert terms.mrr_minor == value
            states = select(STATE.c.status).where(
                STATE.c.subscription_id == subscription_id, state_at(instant)
            )
            found = list((await ctx.session.execute(states)).scalars())
            expected = plan.status_at(instant)
            assert found == ([] if expected in ("scheduled", "canceled") else [expected])


async def test_writes_nothing_when_nothing_changed(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        merchant = await make_merchant(ctx)
        await make_subscription(ctx, merchant_id=merchant.id, started_at=days(0), ended_at=days(30))
        before = [(line.id, line.event_id, line.recorded_at) for line in await lines(ctx, merchant.id)]

        rebuilt = await rebuild_ledger(ctx, [merchant.id])

        assert rebuilt == Rebuilt(recorded=0, withdrawn=0)
        assert [
            (line.id, line.event_id, line.recorded_at) for line in await lines(ctx, merchant.id)
        ] == before
        assert len(before) == 2


async def test_replaces_only_what_a_correction_of_the_past_makes_untrue(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        merchant = await make_merchant(ctx)
        row = await make_subscription(
            ctx,
            merchant_id=merchant.id,
            started_at=days(0),
            changes=[{"at": days(10), "quantity": 2}, {"at": days(20), "quantity": 1}],
        )
        first = (await lines(ctx, merchant.id))[0]
        row.ended_at = days(20)
        await ctx.session.flush()

        rebuilt = await rebuild_ledger(ctx, [merchant.id])

        assert rebuilt == Rebuilt(recorded=1, withdrawn=1)
        assert await told(ctx, merchant.id) == [
            (0, "new", "start", 5_000, 5_000),
            (10, "expansion", "quantity", 5_000, 10_000),
            (20, "churn", "end", -10_000, 0),
        ]
        assert (await lines(ctx, merchant.id))[0].id == first.id


async def test_calls_the_return_of_a_former_customer_a_reactivation(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        merchant = await make_merchant(ctx)
        await make_subscription(
            ctx, merchant_id=merchant.id, started_at=days(0), amount_minor=16_667, ended_at=days(31)
        )

        await make_subscription(
            ctx, merchant_id=merchant.id, started_at=days(60), amount_minor=5_000, quantity=3
        )

        assert await told(ctx, merchant.id) == [
            (0, "new", "start", 16_667, 16_667),
            (31, "churn", "end", -16_667, 0),
            (60, "reactivation", "start", 15_000, 15_000),
        ]


async def test_counts_a_trial_from_its_end(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        merchant = await make_merchant(ctx)

        await make_subscription(ctx, merchant_id=merchant.id, started_at=days(0), trial_ends_at=days(14))

        assert await told(ctx, merchant.id) == [(14, "new", "trial_end", 5_000, 5_000)]


async def test_shows_a_pause_as_churn_with_its_cause(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        merchant = await make_merchant(ctx)

        await make_subscription(
            ctx,
            merchant_id=merchant.id,
            started_at=days(0),
            changes=[{"at": days(5), "status": "paused"}, {"at": days(9), "status": "active"}],
        )

        assert await told(ctx, merchant.id) == [
            (0, "new", "start", 5_000, 5_000),
            (5, "churn", "pause", -5_000, 0),
            (9, "reactivation", "resume", 5_000, 5_000),
        ]


async def test_counts_an_unpaid_subscription_for_the_days_of_grace(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        merchant = await make_merchant(ctx)

        await make_subscription(
            ctx,
            merchant_id=merchant.id,
            started_at=days(0),
            changes=[
                {"at": days(10), "status": "past_due"},
                {"at": days(20), "quantity": 2},
                {"at": days(60), "status": "active"},
            ],
        )

        assert await told(ctx, merchant.id) == [
            (0, "new", "start", 5_000, 5_000),
            (20, "expansion", "quantity", 5_000, 10_000),
            (40, "churn", "past_due", -10_000, 0),
            (60, "reactivation", "recovery", 10_000, 10_000),
        ]


async def test_nets_what_happens_to_a_merchant_at_one_instant(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        merchant = await make_merchant(ctx)
        await make_subscription(
            ctx, merchant_id=merchant.id, started_at=days(0), amount_minor=5_000, ended_at=days(10)
        )

        await make_subscription(ctx, merchant_id=merchant.id, started_at=days(10), amount_minor=8_000)

        assert await told(ctx, merchant.id) == [
            (0, "new", "start", 5_000, 5_000),
            (10, "expansion", "start", 3_000, 8_000),
        ]


async def test_keeps_currencies_apart(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        merchant = await make_merchant(ctx)

        await make_subscription(ctx, merchant_id=merchant.id, started_at=days(0), currency="EUR")
        await make_subscription(ctx, merchant_id=merchant.id, started_at=days(1), currency="USD")

        assert await told(ctx, merchant.id, "EUR") == [(0, "new", "start", 5_000, 5_000)]
        assert await told(ctx, merchant.id, "USD") == [(1, "new", "start", 5_000, 5_000)]


async def test_leaves_free_subscriptions_out(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        merchant = await make_merchant(ctx)

        await make_subscription(
            ctx,
            merchant_id=merchant.id,
            started_at=days(0),
            amount_minor=0,
            changes=[{"at": days(5), "amount_minor": 900}, {"at": days(8), "amount_minor": 0}],
        )

        assert await told(ctx, merchant.id) == [(5, "new", "price", 900, 900), (8, "churn", "price", -900, 0)]


async def test_rebuilds_a_platform_in_one_statement(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        merchants = [await make_merchant(ctx) for _ in range(3)]
        for merchant in merchants:
            await make_subscription(ctx, merchant_id=merchant.id, started_at=days(0))
        await ctx.session.execute(text("DELETE FROM billing_mrr_movement"))

        await lock_ledger(ctx)
        rebuilt = await rebuild_ledger(ctx)

        assert rebuilt == Rebuilt(recorded=3, withdrawn=0)


@pytest.mark.parametrize("statement", ["UPDATE billing_mrr_movement SET amount_minor = 1"])
async def test_cannot_be_edited(platform: TestPlatform, statement: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with platform.context() as ctx:
            await ctx.session.execute(text(statement))


async def test_is_invisible_to_another_platform(platform: TestPlatform, other_platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        merchant = await make_merchant(ctx)
        await make_subscription(ctx, merchant_id=merchant.id, started_at=days(0))

    async with other_platform.context() as ctx:
        assert await lines(ctx, merchant.id) == []
        assert (await ctx.session.execute(select(STATE.c.subscription_id))).all() == []
