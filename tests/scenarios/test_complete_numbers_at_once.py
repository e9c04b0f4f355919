"""Numbers completed in one go say what fields say that are completed one by one, in the same bytes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from modules.tenancy.models import Store
from server.auth.audience import Audience
from server.auth.caller import Caller
from server.composition import ViewCache
from server.graphql.ids import global_id
from server.http.body import Parameters
from server.http.budget import Budget
from server.http.limits import Limits
from server.http.notes import RequestNotes
from server.http.operation import Operations, Visit
from server.metrics.ahead import READERS
from server.testing import TestPlatform, count_statements
from tests.scenarios.test_read_the_merchant_dashboard import a_merchant

METRICS = {
    "tenancy": ["totalStores", "teamMembers"],
    "customers": ["totalCustomers", "newCustomers"],
    "billing": ["mrr", "activeSubscriptions", "arr"],
}
LEAVES = [*READERS, "__typename"]


AT = datetime.now(UTC).replace(microsecond=0)


async def body_of(platform: TestPlatform, caller: Caller, query: str, *, by_plan: bool) -> bytes:
    """The bytes of the answer, by a plan or by graphql-core."""
    facet = platform.facet
    endless = Budget(None, capacity=10**9, per_second=10**9)
    operations = Operations(Limits(), endless, facet.meters)
    modules = frozenset(await facet.module_sets.get(platform.id))
    views = ViewCache(facet.schema, compile_at_use=1 if by_plan else 0)
    view = views.get(modules, caller.audience or Audience.MERCHANT)
    ctx = await facet.reading_context(caller, platform.record, "-")
    ctx.__dict__["asked_at"] = AT
    try:
        answer = await operations.answer(Visit(ctx, view), Parameters(query=query), RequestNotes())
    finally:
        await ctx.session.close()
    answer.extensions.clear()
    return answer.body()


cards = st.lists(st.sampled_from(LEAVES), min_size=1, max_size=6, unique=True).map(" ".join)


@st.composite
def selections(draw: st.DrawFn) -> str:
    """Something of the numbers of a merchant, in any order and under any keys."""
    parts = []
    for module in draw(st.lists(st.sampled_from(sorted(METRICS)), min_size=1, unique=True)):
        metrics = draw(st.lists(st.sampled_from(METRICS[module]), min_size=1, unique=True))
        alias = draw(st.sampled_from(["", "own: "]))
        fields = " ".join(
            f"{alias}{metrics[0]} {{ {draw(cards)} }}" if n == 0 else f"{m} {{ {draw(cards)} }}"
            for n, m in enumerate(metrics)
        )
        typename = draw(st.sampled_from(["", "__typename ", "kind: __typename "]))
        parts.append(f"{module} {{ {typename}{fields} }}")
    extra = draw(st.sampled_from(["", "merchantId", "id: merchantId __typename"]))
    return f"{extra} {' '.join(parts)}"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(selection=selections(), context=st.sampled_from(["period: LAST_YEAR", "includeTrends: false"]))
async def test_says_what_single_fields_say(platform: TestPlatform, selection: str, context: str) -> None:
    id_ = await some_merchant(platform)
    query = f"""{{
      merchantMetrics(merchantId: "{id_}", context: {{{context}}}) {{ {selection} }}
      merchants {{ nodes {{ metrics {{ {selection} }} }} }}
    }}"""

    interpreted = await body_of(platform, platform.admin, query, by_plan=False)
    planned = await body_of(platform, platform.admin, query, by_plan=True)

    assert planned == interpreted
    assert b'"errors"' not in planned


async def some_merchant(platform: TestPlatform) -> str:
    """One of the platform's merchants; there are two from the first time on."""
    answer = await platform.execute("{ merchants(first: 1) { nodes { id } } }", caller=platform.operator)
    assert answer.data is not None
    for node in answer.data["merchants"]["nodes"]:
        return str(node["id"])
    await a_merchant(platform, stores=3, subscriptions=1, customers=2, people=1)
    return global_id("Merchant", await a_merchant(platform, stores=1, subscriptions=1, customers=5, people=2))


@pytest.mark.parametrize(
    "selection",
    [
        "tenancy { totalStores { value } } values { key }",
        "billing { mrr { value amounts { currency value } } }",
        "tenancy { totalStores { value @include(if: true) } }",
        "tenancy { totalStores { value } } tenancy { teamMembers { value } }",
    ],
)
async def test_takes_the_usual_way_for_anything_else(platform: TestPlatform, selection: str) -> None:
    await a_merchant(platform, stores=2, subscriptions=1, customers=2, people=1)
    query = f"{{ merchants {{ nodes {{ metrics {{ {selection} }} }} }} }}"

    interpreted = await body_of(platform, platform.admin, query, by_plan=False)
    planned = await body_of(platform, platform.admin, query, by_plan=True)

    assert planned == interpreted
    assert b'"errors"' not in planned


async def test_says_where_numbers_may_not_be_seen(platform: TestPlatform) -> None:
    """Staff see the merchant of their store, and not its numbers."""
    merchant = await a_merchant(platform, stores=2, subscriptions=1, customers=2, people=1)
    async with platform.context() as ctx:
        (store, *_) = await ctx.session.rows(select(Store.id).where(Store.merchant_id == merchant))
    caller, id_ = platform.store_staff(store.id), global_id("Merchant", merchant)
    query = f'{{ merchant(id: "{id_}") {{ name metrics {{ tenancy {{ totalStores {{ value }} }} }} }} }}'

    interpreted = await body_of(platform, caller, query, by_plan=False)
    planned = await body_of(platform, caller, query, by_plan=True)

    assert planned == interpreted
    assert b"FORBIDDEN" in planned


async def test_is_one_statement_for_many(platform: TestPlatform) -> None:
    for _ in range(3):
        await a_merchant(platform, stores=2, subscriptions=1, customers=2, people=1)
    query = """{ merchants { nodes { metrics {
        tenancy { totalStores { value } } billing { mrr { value trend } } } } } }"""
    await body_of(platform, platform.admin, query, by_plan=True)

    with count_statements(platform.facet) as statements:
        await body_of(platform, platform.admin, query, by_plan=True)

    assert len(statements) == 2
