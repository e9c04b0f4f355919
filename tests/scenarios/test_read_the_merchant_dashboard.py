"""Read a merchant's dashboard: one query, each number right, of the modules that are on."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from modules.billing.testing import make_subscription, make_tier
from modules.customers.testing import make_customer
from modules.tenancy.testing import make_member, make_merchant, make_store
from server.contracts.metrics import Fold, ScopeKind
from server.graphql.ids import global_id
from server.testing import Result, TestPlatform, count_statements

CARD = "{ key value trend trendValue previousValue }"
DASHBOARD = f"""
    query ($id: ID!) {{
      merchantMetrics(merchantId: $id) {{
        billing {{ activeSubscriptions {CARD} }}
        tenancy {{ totalStores {CARD} teamMembers {CARD} }}
        customers {{ totalCustomers {CARD} }}
      }}
    }}
"""
VALUES = "query ($id: ID!) { merchantMetrics(merchantId: $id) { values { key value } } }"
SWITCH = """
    mutation ($code: String!) {{
      {verb}Module(code: $code) {{ __typename }}
    }}
"""


async def a_merchant(
    platform: TestPlatform, *, stores: int, subscriptions: int, customers: int, people: int
) -> int:
    """A merchant with so much of everything, all of it forty days old."""
    async with platform.context() as ctx:
        at = ctx.clock.now() - timedelta(days=40)
        merchant_id = (await make_merchant(ctx, created_at=at)).id
        shops = [await make_store(ctx, merchant_id, created_at=at) for _ in range(stores)]
        for number in range(subscriptions):
            tier = await make_tier(ctx, code=f"t{merchant_id}-{number}")
            await make_subscription(ctx, merchant_id=merchant_id, started_at=at, tier=tier)
        for number in range(customers):
            await make_customer(ctx, shops[number % stores].id, created_at=at)
        for _ in range(people):
            await make_member(ctx, merchant_id=merchant_id, created_at=at)
    return merchant_id


async def dashboard(platform: TestPlatform, merchant_id: int, **options: Any) -> Result:
    return await platform.execute(DASHBOARD, {"id": global_id("Merchant", merchant_id)}, **options)


def numbers(result: Result) -> dict[str, Any]:
    """The values by the keys of their metrics."""
    assert result.errors == []
    modules = result.data["merchantMetrics"].values()
    return {card["key"]: card["value"] for module in modules for card in module.values()}


async def test_shows_four_numbers_each_its_own(platform: TestPlatform) -> None:
    """Three stores and one subscription: neither card shows the other's number."""
    merchant_id = await a_merchant(platform, stores=3, subscriptions=1, customers=5, people=2)
    await a_merchant(platform, stores=1, subscriptions=2, customers=7, people=4)

    found = await dashboard(platform, merchant_id)
    own = await dashboard(platform, merchant_id, caller=platform.merchant_member(merchant_id))

    assert numbers(found) == {
        "billing.active_subscriptions": 1,
        "tenancy.total_stores": 3,
        "tenancy.team_members": 2,
        "customers.total_customers": 5,
    }
    assert own.data == found.data
    (card,) = found.data["merchantMetrics"]["billing"].values()
    assert (card["trend"], card["trendValue"], card["previousValue"]) == ("STABLE", 0.0, 1)


async def test_costs_one_statement_for_all_numbers(platform: TestPlatform) -> None:
    """And one more to see whether there is such a merchant, the first time it is asked about."""
    known = await a_merchant(platform, stores=3, subscriptions=1, customers=5, people=2)
    new = await a_merchant(platform, stores=1, subscriptions=1, customers=1, people=1)
    await dashboard(platform, known)

    with count_statements(platform.facet) as again:
        await dashboard(platform, known)
    with count_statements(platform.facet) as first:
        await dashboard(platform, new)

    (numbers,) = again
    reach, numbers_of_new = first
    assert "tenancy_merchant" in reach
    assert numbers_of_new == numbers
    assert all(source in numbers for source in ("tenancy_store", "tenancy_membership", "customers_customer"))


async def test_costs_as_much_for_twenty_merchants_as_for_one(platform: TestPlatform) -> None:
    question = f"""{{ merchants(first: 100) {{ nodes {{ metrics {{
        billing {{ activeSubscriptions {CARD} }}
        tenancy {{ totalStores {CARD} teamMembers {CARD} }}
        customers {{ totalCustomers {CARD} }} }} }} }} }}"""

    async def statements() -> int:
        with count_statements(platform.facet) as found:
            result = await platform.execute(question)
        assert result.errors == []
        return len(found)

    await a_merchant(platform, stores=1, subscriptions=1, customers=1, people=1)
    one = await statements()
    for _ in range(19):
        await a_merchant(platform, stores=1, subscriptions=0, customers=1, people=1)

    assert await statements() == one


@pytest.mark.parametrize("code", ["billing", "customers"])
async def test_loses_and_regains_the_cards_of_a_module_as_it_is_switched(
    platform: TestPlatform, code: str
) -> None:
    merchant_id = await a_merchant(platform, stores=3, subscriptions=1, customers=5, people=2)
    variables = {"id": global_id("Merchant", merchant_id)}

    async def keys() -> Counter[str]:
        result = await platform.execute(VALUES, variables)
        return Counter(v["key"].partition(".")[0] for v in result.data["merchantMetrics"]["values"])

    before = await keys()
    await platform.execute(SWITCH.format(verb="disable"), {"code": code})
    during, refused = await keys(), await dashboard(platform, merchant_id)
    await platform.execute(SWITCH.format(verb="enable"), {"code": code})

    assert before[code] > 0
    assert during == Counter({module: n for module, n in before.items() if module != code})
    assert refused.data is None
    assert [e["message"] for e in refused.errors] == [
        f"Cannot query field '{code}' on type 'MerchantMetrics'."
    ]
    assert await keys() == before
    assert numbers(await dashboard(platform, merchant_id))["tenancy.total_stores"] == 3


async def test_never_mixes_platforms_that_ask_at_the_same_moment(
    platform: TestPlatform, other_platform: TestPlatform
) -> None:
    here = await a_merchant(platform, stores=3, subscriptions=1, customers=5, people=2)
    there = await a_merchant(other_platform, stores=1, subscriptions=2, customers=7, people=4)

    answers = await asyncio.gather(
        *(dashboard(*pair) for _ in range(10) for pair in ((platform, here), (other_platform, there)))
    )

    found = [tuple(numbers(answer).values()) for answer in answers]
    assert found == [(1, 3, 2, 5), (2, 1, 4, 7)] * 10
    foreign = await dashboard(platform, there)
    assert foreign.codes == ["NOT_FOUND"]
    assert foreign.data == {"merchantMetrics": None}


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_adds_up_to_the_platform_where_the_metric_says_so(platform: TestPlatform, seed: int) -> None:
    random = Random(seed)
    async with platform.context() as ctx:
        now = ctx.clock.now()
        for _ in range(random.randint(2, 5)):
            joined = now - timedelta(days=random.randint(0, 60))
            merchant_id = (await make_merchant(ctx, created_at=joined)).id
            shops = [
                await make_store(
                    ctx,
                    merchant_id,
                    created_at=joined,
                    closed_at=random.choice([None, joined + (now - joined) / 2]),
                )
                for _ in range(random.randint(1, 3))
            ]
            for _ in range(random.randint(0, 2)):
                await make_subscription(
                    ctx, merchant_id=merchant_id, started_at=joined, amount_minor=random.randint(0, 9_999)
                )
            for _ in range(random.randint(0, 6)):
                came = joined + (now - joined) * random.random()
                await make_customer(ctx, random.choice(shops).id, created_at=came)

    whole = (await platform.execute("{ platformMetrics { values { key value } } }")).data["platformMetrics"]
    expected = {value["key"]: value["value"] for value in whole["values"]}
    for kind, field in ((ScopeKind.MERCHANT, "merchants"), (ScopeKind.STORE, "stores")):
        parts = await platform.execute(
            f"{{ {field}(first: 100) {{ nodes {{ metrics {{ values {{ key value }} }} }} }} }}"
        )
        assert parts.errors == []
        sums: Counter[str] = Counter()
        for node in parts.data[field]["nodes"]:
            sums.update({v["key"]: round(100 * float(v["value"] or 0)) for v in node["metrics"]["values"]})
        additive = [
            metric.key
            for metric in platform.facet.registry.metrics.values()
            if metric.additive_over_scopes
            and metric.fold in (Fold.SUM, Fold.LAST)
            and {kind, ScopeKind.PLATFORM} <= metric.scopes
        ]
        assert additive
        assert {key: sums[key] for key in additive} == {
            key: round(100 * float(expected[key] or 0)) for key in additive
        }
