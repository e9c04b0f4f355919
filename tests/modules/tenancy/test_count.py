"""Count merchants, stores and people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from modules.tenancy.testing import make_member, make_merchant, make_store
from server.auth.caller import Caller
from server.graphql.ids import global_id
from server.testing import TestPlatform, count_statements

MARCH = {"dateFrom": "2024-03-01", "dateTo": "2024-03-31"}
OF_MERCHANT = """
query ($id: ID!, $context: MetricsContextInput) {
  merchantMetrics(merchantId: $id, context: $context) {
    tenancy { totalStores { value previousValue } teamMembers { value } }
  }
}
"""
OF_PLATFORM = """
query ($context: MetricsContextInput) {
  platformMetrics(context: $context) {
    tenancy {
      totalStores { value } teamMembers { value }
      totalMerchants { value previousValue } newMerchants { value previousValue }
    }
  }
}
"""


def day(month: int, number: int = 15) -> datetime:
    return datetime(2024, month, number, 12, tzinfo=UTC)


async def of_merchant(platform: TestPlatform, id_: int, caller: Caller | None = None) -> dict[str, Any]:
    variables = {"id": global_id("Merchant", id_), "context": MARCH}
    result = await platform.execute(OF_MERCHANT, variables, caller=caller or platform.admin)
    assert result.errors == []
    assert result.data is not None
    found: dict[str, Any] = result.data["merchantMetrics"]["tenancy"]
    return found


async def of_platform(platform: TestPlatform) -> dict[str, Any]:
    result = await platform.execute(OF_PLATFORM, {"context": MARCH})
    assert result.errors == []
    assert result.data is not None
    found: dict[str, Any] = result.data["platformMetrics"]["tenancy"]
    return found


async def test_counts_stores_open_at_the_end_of_the_period(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        merchant, other = await make_merchant(ctx), await make_merchant(ctx)
        await make_store(ctx, merchant.id, created_at=day(1))
        await make_store(ctx, merchant.id, created_at=day(3, 31))
        await make_store(ctx, merchant.id, created_at=day(4, 1))
        await make_store(ctx, merchant.id, created_at=day(1), closed_at=day(3, 2))
        await make_store(ctx, merchant.id, created_at=day(1), closed_at=day(4, 1))
        await make_store(ctx, other.id, created_at=day(1))

    found = await of_merchant(platform, merchant.id)

    # A month ago three were open: the first, and the two that closed since.
    assert found["totalStores"] == {"value": 3, "previousValue": 3}
    assert (await of_merchant(platform, other.id))["totalStores"]["value"] == 1
    assert (await of_platform(platform))["totalStores"]["value"] == 4


async def test_counts_a_store_as_open_when_it_closes_exactly_at_the_end(platform: TestPlatform) -> None:
    midnight = datetime(2024, 4, 1, tzinfo=UTC)
    async with platform.context() as ctx:
        merchant = await make_merchant(ctx)
        await make_store(ctx, merchant.id, created_at=day(1), closed_at=midnight)
        await make_store(ctx, merchant.id, created_at=day(1), closed_at=midnight - timedelta(microseconds=1))
        await make_store(ctx, merchant.id, created_at=midnight)

    assert (await of_merchant(platform, merchant.id))["totalStores"]["value"] == 1


async def test_counts_each_person_once(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        one, two = await make_merchant(ctx), await make_merchant(ctx)
        store = await make_store(ctx, one.id)
        await make_member(ctx, merchant_id=one.id, email="ada@example.com", created_at=day(1))
        await make_member(ctx, store=store, email="ada@example.com", created_at=day(1))
        await make_member(ctx, merchant_id=two.id, email="Ada@example.com", created_at=day(1))
        await make_member(ctx, merchant_id=one.id, created_at=day(3))
        await make_member(ctx, merchant_id=one.id, created_at=day(1), ended_at=day(2))
        await make_member(ctx, merchant_id=one.id, created_at=day(4))
        await make_member(ctx, created_at=day(1))

    assert (await of_merchant(platform, one.id))["teamMembers"] == {"value": 2}
    assert (await of_merchant(platform, two.id))["teamMembers"] == {"value": 1}
    assert (await of_platform(platform))["teamMembers"] == {"value": 2}


async def test_counts_merchants_and_those_that_joined(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        await make_merchant(ctx, created_at=day(1))
        await make_merchant(ctx, created_at=day(2, 20))
        await make_merchant(ctx, created_at=day(3, 1), archived_at=day(3, 20))
        await make_merchant(ctx, created_at=day(3, 31))
        await make_merchant(ctx, created_at=day(4, 1))

    found = await of_platform(platform)

    assert found["totalMerchants"] == {"value": 3, "previousValue": 2}
    assert found["newMerchants"] == {"value": 2, "previousValue": 1}


async def test_counts_nothing_of_other_platforms(
    platform: TestPlatform, other_platform: TestPlatform
) -> None:
    async with other_platform.context() as ctx:
        store = await make_store(ctx, created_at=day(1))
        await make_member(ctx, store=store, created_at=day(1))

    found = await of_platform(platform)

    assert {name: metric["value"] for name, metric in found.items()} == {
        "totalStores": 0,
        "teamMembers": 0,
        "totalMerchants": 0,
        "newMerchants": 0,
    }


async def test_counts_for_twenty_merchants_in_as_many_statements_as_for_one(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        for number in range(20):
            merchant = await make_merchant(ctx, name=f"{number:02}")
            for _ in range(number % 3):
                await make_store(ctx, merchant.id)
    query = """query ($first: Int) { merchants(first: $first) { nodes {
        metrics { tenancy { totalStores { value } teamMembers { value } } } } } }"""

    with count_statements(platform.facet) as for_one:
        await platform.execute(query, {"first": 1})
    with count_statements(platform.facet) as for_many:
        result = await platform.execute(query, {"first": 20})

    assert result.data is not None
    stores = [
        node["metrics"]["tenancy"]["totalStores"]["value"] for node in result.data["merchants"]["nodes"]
    ]
    assert stores == [number % 3 for number in range(20)]
    assert len(for_one) == len(for_many)
