"""Count customers: how many there are and how many came, of a store, a merchant and the platform."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from modules.customers.testing import make_customer
from modules.tenancy.testing import make_store
from server.graphql.ids import global_id
from server.testing import TestPlatform, count_statements
from tests.modules.customers.asking import Street, street

NUMBERS = "customers { totalCustomers { value previousValue } newCustomers { value previousValue } }"
OF_PLATFORM = (
    f"query ($context: MetricsContextInput) {{ platformMetrics(context: $context) {{ {NUMBERS} }} }}"
)
OF_MERCHANT = f"""
query ($id: ID!, $context: MetricsContextInput) {{
  merchantMetrics(merchantId: $id, context: $context) {{ {NUMBERS} }}
}}
"""
OF_STORE = f"""
query ($id: ID!, $context: MetricsContextInput) {{
  storeMetrics(storeId: $id, context: $context) {{ {NUMBERS} }}
}}
"""
OF_STORES = """
{ stores(first: 50) { nodes { metrics { customers { totalCustomers { value } newCustomers { value } } } } } }
"""
MARCH = {"dateFrom": "2024-03-01", "dateTo": "2024-03-31"}


async def numbers(platform: TestPlatform, query: str, **variables: Any) -> list[tuple[int, int]]:
    """(value, value of the month before) of both metrics."""
    result = await platform.execute(query, {"context": MARCH, **variables})
    assert result.errors == []
    assert result.data is not None
    (metrics,) = result.data.values()
    found = metrics["customers"]
    return [
        (found[name]["value"], found[name]["previousValue"]) for name in ("totalCustomers", "newCustomers")
    ]


async def spring(platform: TestPlatform) -> Street:
    """Who came and went around March 2024; the month before March begins on 30 January."""
    async with platform.context() as ctx:
        places = await street(ctx)
        for store, created, archived in (
            (places.corner, datetime(2023, 12, 1, tzinfo=UTC), None),
            (places.corner, datetime(2023, 12, 2, tzinfo=UTC), datetime(2024, 2, 10, tzinfo=UTC)),
            (places.corner, datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC), None),
            (places.corner, datetime(2024, 3, 1, tzinfo=UTC), None),
            (places.station, datetime(2024, 3, 31, 23, 59, 59, tzinfo=UTC), None),
            (places.station, datetime(2024, 3, 5, tzinfo=UTC), datetime(2024, 3, 31, 23, 59, 59, tzinfo=UTC)),
            (places.station, datetime(2024, 3, 6, tzinfo=UTC), datetime(2024, 4, 1, tzinfo=UTC)),
            (places.library, datetime(2024, 4, 1, tzinfo=UTC), None),
            (places.library, datetime(2024, 2, 1, tzinfo=UTC), None),
        ):
            await make_customer(ctx, store, created_at=created, archived_at=archived)
    return places


async def test_counts_state_at_the_end_and_arrivals_within(platform: TestPlatform) -> None:
    places = await spring(platform)

    corner = await numbers(platform, OF_STORE, id=global_id("Store", places.corner))
    station = await numbers(platform, OF_STORE, id=global_id("Store", places.station))
    library = await numbers(platform, OF_STORE, id=global_id("Store", places.library))
    bakery = await numbers(platform, OF_MERCHANT, id=global_id("Merchant", places.bakery))

    assert corner == [(3, 2), (1, 1)]
    assert station == [(2, 0), (3, 0)]
    assert library == [(1, 1), (0, 1)]
    assert bakery == [(5, 2), (4, 1)]
    assert await numbers(platform, OF_PLATFORM) == [(6, 3), (4, 2)]


async def test_counts_days_of_the_platform_s_zone(platform: TestPlatform) -> None:
    tokyo = await TestPlatform.create(platform.facet, timezone="Asia/Tokyo")
    async with tokyo.context() as ctx:
        store = await make_store(ctx)
        for created in (datetime(2024, 2, 29, 15, tzinfo=UTC), datetime(2024, 3, 31, 15, tzinfo=UTC)):
            await make_customer(ctx, store.id, created_at=created)

    assert await numbers(tokyo, OF_PLATFORM) == [(1, 0), (1, 0)]


async def test_counts_no_other_platform_s(platform: TestPlatform, other_platform: TestPlatform) -> None:
    await spring(platform)

    assert await numbers(other_platform, OF_PLATFORM) == [(0, 0), (0, 0)]


async def test_costs_the_same_statements_for_one_store_and_for_twenty(
    platform: TestPlatform, other_platform: TestPlatform
) -> None:
    for place, number in ((platform, 1), (other_platform, 20)):
        async with place.context() as ctx:
            for _ in range(number):
                await make_customer(ctx, (await make_store(ctx)).id)

    with count_statements(platform.facet) as one:
        await platform.execute(OF_STORES)
    with count_statements(platform.facet) as many:
        result = await other_platform.execute(OF_STORES)

    assert len(one) == len(many)
    assert result.data is not None
    assert [node["metrics"] for node in result.data["stores"]["nodes"]] == [
        {"customers": {"totalCustomers": {"value": 1}, "newCustomers": {"value": 1}}}
    ] * 20
