"""What billing's sources count in few steps is what their tables say row by row."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modules.billing import metrics
from modules.tenancy.testing import make_merchant
from server.contracts.metrics import ScopeKind, Source
from server.metrics.compute import Request, Rows, fetch
from server.metrics.windows import Window
from server.testing import TestPlatform
from tests.modules.billing.histories import days, plans, store
from tests.modules.billing.oracle import Change, Plan

OF_THE_VIEW = Source(
    code="billing.of_the_view",
    sql="""
        SELECT {scope} AS scope, bucket.bucket,
            count(*) FILTER (WHERE status IN ('active', 'past_due')) AS active,
            count(*) FILTER (WHERE status = 'trialing') AS trialing
        FROM billing_subscription_state
        JOIN bucket ON from_at < bucket.end_at AND until_at >= bucket.end_at
        WHERE platform_id = :platform_id AND {scope} = ANY(:scopes)
        GROUP BY 1, 2
    """,
    scopes=metrics.SCOPES,
)


@st.composite
def odd_plans(draw: st.DrawFn) -> Plan:
    """Histories as an import may leave them: changes before the beginning, at its edges and after the end."""
    plan = draw(plans())
    days_of = st.lists(st.integers(0, 40), max_size=4, unique=True)
    statuses = st.sampled_from([None, "active", "past_due", "paused"])
    plan.changes = [
        Change(at=days(day), quantity=1, status=status)
        for day in draw(days_of)
        for status in [draw(statuses)]
    ]
    plan.trial_ends_at = draw(st.none() | st.integers(0, 40).map(days))
    return plan


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=st.lists(odd_plans(), min_size=1, max_size=6))
async def test_counts_the_states_that_the_view_tells(platform: TestPlatform, history: list[Plan]) -> None:
    edges = [days(number) for number in range(0, 100, 3)]
    microsecond = timedelta(microseconds=1)
    windows = tuple(Window(days(-10), end) for edge in edges for end in (edge, edge + microsecond))
    async with platform.context() as ctx:
        merchant_id = (await make_merchant(ctx)).id
        for plan in history:
            await store(ctx, merchant_id, plan)
        for kind, scope_id in ((ScopeKind.MERCHANT, merchant_id), (ScopeKind.PLATFORM, platform.id)):
            counted, expected = await fetch(
                ctx,
                [
                    Request(source, kind, ("active", "trialing"), (scope_id,), windows)
                    for source in (metrics.STATES, OF_THE_VIEW)
                ],
            )
            assert isinstance(counted, Rows)
            assert isinstance(expected, Rows)
            for bucket, window in enumerate(windows):
                for column in ("active", "trialing"):
                    found = counted.totals(scope_id, bucket, column)
                    assert sum(found.values()) == sum(expected.totals(scope_id, bucket, column).values()), (
                        window
                    )


LINE_BY_LINE = Source(
    code="billing.line_by_line",
    sql="""
        SELECT {scope} AS scope, bucket.bucket, currency,
            sum(amount_minor)::bigint AS mrr,
            12 * sum(amount_minor)::bigint AS arr,
            sum(CASE kind WHEN 'new' THEN 1 WHEN 'reactivation' THEN 1 WHEN 'churn' THEN -1 ELSE 0 END)::bigint
                AS paying,
            sum(CASE WHEN at >= start_at AND kind = 'new' THEN amount_minor ELSE 0 END)::bigint AS new,
            sum(CASE WHEN at >= start_at AND kind = 'expansion' THEN amount_minor ELSE 0 END)::bigint AS expansion,
            -sum(CASE WHEN at >= start_at AND kind = 'contraction' THEN amount_minor ELSE 0 END)::bigint
                AS contraction,
            -sum(CASE WHEN at >= start_at AND kind = 'churn' THEN amount_minor ELSE 0 END)::bigint AS churned,
            sum(CASE WHEN at >= start_at AND kind = 'reactivation' THEN amount_minor ELSE 0 END)::bigint
                AS reactivation,
            sum(CASE WHEN at >= start_at THEN amount_minor ELSE 0 END)::bigint AS net_new
        FROM billing_mrr_movement JOIN bucket ON at < end_at
        WHERE platform_id = :platform_id AND {scope} = ANY(:scopes)
        GROUP BY 1, 2, 3
    """,
    scopes=metrics.SCOPES,
)
OF_THE_LEDGER = tuple(m.column for m in metrics.DECLARED if m.source is metrics.LEDGER and m.column)


@st.composite
def crossing(draw: st.DrawFn) -> tuple[Window, ...]:
    """Windows that overlap, contain and touch one another, in any order, with edges at and beside midnight."""
    edges = st.builds(
        lambda day, beside: days(day) + timedelta(microseconds=beside),
        st.integers(-5, 100),
        st.integers(-1, 1),
    )
    found = draw(st.lists(st.tuples(edges, edges), min_size=1, max_size=8, unique=True))
    return tuple(Window(*sorted(pair)) for pair in found)


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=st.lists(plans(), min_size=1, max_size=4), windows=crossing())
async def test_adds_up_the_lines_of_any_windows(
    platform: TestPlatform, history: list[Plan], windows: tuple[Window, ...]
) -> None:
    async with platform.context() as ctx:
        merchant_id = (await make_merchant(ctx)).id
        for plan in history:
            await store(ctx, merchant_id, plan)
        for kind, scope_id in ((ScopeKind.MERCHANT, merchant_id), (ScopeKind.PLATFORM, platform.id)):
            added, expected = await fetch(
                ctx,
                [
                    Request(source, kind, OF_THE_LEDGER, (scope_id,), windows)
                    for source in (metrics.LEDGER, LINE_BY_LINE)
                ],
            )
            assert isinstance(added, Rows)
            assert isinstance(expected, Rows)
            for bucket in range(len(windows)):
                for column in OF_THE_LEDGER:
                    assert added.totals(scope_id, bucket, column) == expected.totals(
                        scope_id, bucket, column
                    ), (windows[bucket], column)
