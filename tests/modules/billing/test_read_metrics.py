"""The numbers billing declares."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modules.billing import metrics
from modules.billing.testing import make_subscription
from modules.tenancy.testing import make_merchant
from server.contracts.metrics import Metric, ScopeKind
from server.metrics.catalogue import Catalogue
from server.metrics.compute import compute
from server.metrics.windows import Window
from server.testing import TestPlatform, count_statements
from tests.modules.billing.asking import a_merchant, a_subscription, merchant_gid
from tests.modules.billing.histories import days, plans, store
from tests.modules.billing.oracle import Plan, mrr_at

GRACE = timedelta(days=30)
MOVED = (
    metrics.NEW_MRR,
    metrics.EXPANSION_MRR,
    metrics.CONTRACTION_MRR,
    metrics.CHURNED_MRR,
    metrics.REACTIVATION_MRR,
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


async def numbers(
    platform: TestPlatform, first: str, last: str, *names: str, merchant_id: int | None = None
) -> dict[str, Any]:
    """The values of these fields for a stretch of local days."""
    context = f'context: {{dateFrom: "{first}", dateTo: "{last}"}}'
    fields = " ".join(f"{name} {{ value }}" for name in names)
    root = (
        f'merchantMetrics(merchantId: "{merchant_gid(merchant_id)}", ' if merchant_id else "platformMetrics("
    )
    result = await platform.execute(f"{{ answer: {root}{context}) {{ billing {{ {fields} }} }} }}")
    assert result.errors == []
    assert result.data is not None
    return {name: found["value"] for name, found in result.data["answer"]["billing"].items()}


async def test_counts_every_three_months_at_300_as_100(platform: TestPlatform) -> None:
    await a_subscription(
        platform, started_at=at("2024-01-01"), amount_minor=30_000, interval="month", interval_count=3
    )

    found = await numbers(platform, "2024-01-01", "2024-01-31", "mrr", "arr", "activeSubscriptions")

    assert found == {"mrr": "100.00", "arr": "1200.00", "activeSubscriptions": 1}


async def test_counts_every_two_weeks_at_50_as_108_33(platform: TestPlatform) -> None:
    await a_subscription(
        platform, started_at=at("2024-01-01"), amount_minor=5_000, interval="week", interval_count=2
    )

    assert await numbers(platform, "2024-01-01", "2024-01-31", "mrr") == {"mrr": "108.33"}


async def test_counts_a_yearly_600_as_50(platform: TestPlatform) -> None:
    await a_subscription(platform, started_at=at("2024-01-01"), amount_minor=60_000, interval="year")

    assert await numbers(platform, "2024-01-01", "2024-01-31", "mrr") == {"mrr": "50.00"}


async def test_counts_free_subscriptions_as_active_without_revenue(platform: TestPlatform) -> None:
    await a_subscription(platform, started_at=at("2024-01-01"), ended_at=at("2024-06-15"), amount_minor=0)
    await a_subscription(platform, started_at=at("2024-06-01"), amount_minor=0)

    for day, active in (("2024-01-01", 1), ("2024-06-01", 2), ("2024-06-14", 2), ("2024-06-15", 1)):
        found = await numbers(platform, day, day, "activeSubscriptions", "mrr", "payingMerchants", "arpa")
        assert found == {"activeSubscriptions": active, "mrr": "0.00", "payingMerchants": 0, "arpa": None}


async def test_tells_movements_that_bridge_the_revenue(platform: TestPlatform) -> None:
    merchant_id = await a_merchant(platform)
    await a_subscription(
        platform,
        merchant_id=merchant_id,
        started_at=at("2024-01-10"),
        changes=[
            {"at": at("2024-02-05"), "quantity": 3},
            {"at": at("2024-02-07"), "quantity": 2},
            {"at": at("2024-03-01"), "status": "paused"},
            {"at": at("2024-03-20"), "status": "active"},
        ],
    )
    names = ("newMrr", "expansionMrr", "contractionMrr", "churnedMrr", "reactivationMrr", "netNewMrr", "mrr")

    january = await numbers(platform, "2024-01-01", "2024-01-31", *names)
    february = await numbers(platform, "2024-02-01", "2024-02-29", *names)
    march = await numbers(platform, "2024-03-01", "2024-03-31", *names, merchant_id=merchant_id)

    assert list(january.values()) == ["50.00", "0.00", "0.00", "0.00", "0.00", "50.00", "50.00"]
    assert list(february.values()) == ["0.00", "100.00", "50.00", "0.00", "0.00", "50.00", "100.00"]
    assert list(march.values()) == ["0.00", "0.00", "0.00", "100.00", "100.00", "0.00", "100.00"]


async def test_counts_trials_apart(platform: TestPlatform) -> None:
    await a_subscription(platform, started_at=at("2024-01-01"), trial_ends_at=at("2024-01-15"))
    names = ("activeSubscriptions", "trialingSubscriptions", "mrr")

    before = await numbers(platform, "2024-01-14", "2024-01-14", *names)
    after = await numbers(platform, "2024-01-15", "2024-01-15", *names)

    assert before == {"activeSubscriptions": 0, "trialingSubscriptions": 1, "mrr": "0.00"}
    assert after == {"activeSubscriptions": 1, "trialingSubscriptions": 0, "mrr": "50.00"}


async def test_keeps_history_when_a_subscription_ends_later(platform: TestPlatform) -> None:
    await a_subscription(platform, started_at=at("2024-01-01"), ended_at=at("2024-03-10"))

    assert (await numbers(platform, "2024-02-01", "2024-02-29", "mrr"))["mrr"] == "50.00"
    assert (await numbers(platform, "2024-03-01", "2024-03-31", "mrr"))["mrr"] == "0.00"


async def test_counts_the_churn_of_those_who_were_there_at_the_start(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        for number in range(5):
            merchant = await make_merchant(ctx)
            ended = at("2024-02-20") if number == 0 else None
            await make_subscription(ctx, merchant_id=merchant.id, started_at=at("2024-01-01"), ended_at=ended)
        joined_and_left = await make_merchant(ctx)
        await make_subscription(
            ctx, merchant_id=joined_and_left.id, started_at=at("2024-02-05"), ended_at=at("2024-02-10")
        )
        left_and_back = await make_merchant(ctx)
        await make_subscription(
            ctx,
            merchant_id=left_and_back.id,
            started_at=at("2024-01-01"),
            changes=[
                {"at": at("2024-02-03"), "status": "paused"},
                {"at": at("2024-02-06"), "status": "active"},
            ],
        )

    found = await numbers(
        platform,
        "2024-02-01",
        "2024-02-29",
        "customerChurnRate",
        "payingMerchantsAtStart",
        "lostMerchants",
        "payingMerchants",
        "arpa",
    )

    assert found == {
        "customerChurnRate": 1 / 6,
        "payingMerchantsAtStart": 6,
        "lostMerchants": 1,
        "payingMerchants": 5,
        "arpa": "50.00",
    }


async def test_has_no_rate_without_anybody_to_lose(platform: TestPlatform) -> None:
    found = await numbers(platform, "2024-02-01", "2024-02-29", "customerChurnRate", "arpa")

    assert found == {"customerChurnRate": None, "arpa": None}


async def test_never_adds_currencies(platform: TestPlatform) -> None:
    await a_subscription(platform, started_at=at("2024-01-01"), amount_minor=5_000, currency="EUR")
    await a_subscription(platform, started_at=at("2024-01-01"), amount_minor=900, currency="JPY")
    text = """{ platformMetrics(context: {dateFrom: "2024-01-01", dateTo: "2024-01-31"}) {
      billing { mrr { value amounts { currency value } } arpa { amounts { currency value } } }
    } }"""

    result = await platform.execute(text)

    assert result.data is not None
    amounts = [{"currency": "EUR", "value": "50.00"}, {"currency": "JPY", "value": "900"}]
    assert result.data["platformMetrics"]["billing"] == {
        "mrr": {"value": None, "amounts": amounts},
        "arpa": {"amounts": amounts},
    }


async def test_hides_other_platforms_and_merchants(
    platform: TestPlatform, other_platform: TestPlatform
) -> None:
    await a_subscription(other_platform, started_at=at("2024-01-01"))
    mine = await a_merchant(platform)
    await a_subscription(platform, started_at=at("2024-01-01"))

    of_platform = await numbers(platform, "2024-01-01", "2024-01-31", "mrr", "activeSubscriptions")
    of_merchant = await numbers(
        platform, "2024-01-01", "2024-01-31", "mrr", "activeSubscriptions", merchant_id=mine
    )

    assert of_platform == {"mrr": "50.00", "activeSubscriptions": 1}
    assert of_merchant == {"mrr": "0.00", "activeSubscriptions": 0}


async def test_costs_one_statement_for_all_sources(platform: TestPlatform) -> None:
    merchants = [await a_merchant(platform) for _ in range(5)]
    for merchant_id in merchants:
        await a_subscription(platform, merchant_id=merchant_id, started_at=at("2024-01-01"))
    catalogue = Catalogue(platform.facet.registry.definitions)
    windows = [Window(days(number), days(number + 1)) for number in range(60)]

    async with platform.context() as ctx:
        with count_statements(platform.facet) as statements:
            await compute(ctx, catalogue, metrics.DECLARED, ScopeKind.MERCHANT, merchants, windows)

    assert len(statements) == 1


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=st.lists(plans(), min_size=1, max_size=3))
async def test_agrees_with_the_history_on_every_day(platform: TestPlatform, history: list[Plan]) -> None:
    catalogue = Catalogue(platform.facet.registry.definitions)
    windows = [Window(days(number), days(number + 1)) for number in range(0, 100, 3)]
    async with platform.context() as ctx:
        merchant_id = (await make_merchant(ctx)).id
        for plan in history:
            await store(ctx, merchant_id, plan)

        values = await compute(ctx, catalogue, metrics.DECLARED, ScopeKind.MERCHANT, [merchant_id], windows)

    def value(metric: Metric, window: Window) -> Any:
        found = values.of(metric, merchant_id, window)
        return found.number if found.amounts is None else found.amounts

    for window in windows:
        last = window.end - timedelta(microseconds=1)
        first = window.start - timedelta(microseconds=1)
        statuses = [plan.status_at(last) for plan in history]
        assert value(metrics.ACTIVE_SUBSCRIPTIONS, window) == sum(
            s in ("active", "past_due") for s in statuses
        )
        assert value(metrics.TRIALING_SUBSCRIPTIONS, window) == statuses.count("trialing")
        paid = paying = False
        for currency in ("EUR", "USD"):
            before, after = (mrr_at(history, currency, instant, GRACE) for instant in (first, last))
            paid, paying = paid or before > 0, paying or after > 0
            assert value(metrics.MRR, window).get(currency, 0) == after
            assert value(metrics.ARR, window).get(currency, 0) == 12 * after
            new, expansion, contraction, churned, back = (
                value(metric, window).get(currency, 0) for metric in MOVED
            )
            assert before + new + expansion - contraction - churned + back == after
            assert value(metrics.NET_NEW_MRR, window).get(currency, 0) == after - before
        assert value(metrics.MERCHANTS_AT_START, window) == paid
        assert value(metrics.LOST_MERCHANTS, window) == (paid and not paying)
