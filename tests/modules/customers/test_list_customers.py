"""List customers: whom a caller sees, how they are narrowed, ordered and paged, and what it costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from modules.customers.testing import make_customer, make_customers
from modules.tenancy.testing import make_merchant, make_store
from server.app import Facet
from server.auth.caller import ANONYMOUS, Caller
from server.graphql.ids import global_id
from server.testing import TestPlatform, count_statements
from tests.modules.customers.asking import customer, gid, street

JANUARY = datetime(2024, 1, 1, tzinfo=UTC)
CUSTOMERS = """
query ($first: Int, $after: String, $filter: CustomerFilter, $orderBy: CustomerOrder) {
  customers(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
    nodes { name }
    pageInfo { hasNextPage endCursor }
    totalCount
  }
}
"""
OF_STORES = """
query ($first: Int, $filter: CustomerFilter) {
  stores(first: 100) {
    nodes {
      name
      customers(first: $first, filter: $filter) {
        nodes { name store { name merchant { name } } merchant { name } }
        pageInfo { hasNextPage }
        totalCount
      }
    }
  }
}
"""
OF_MERCHANTS = """
{ merchants(first: 5) { nodes { name customers(first: 10, orderBy: {field: NAME}) { nodes { name } totalCount } } } }
"""
ASCENDING = {"field": "CREATED_AT", "direction": "ASC"}


async def ask(platform: TestPlatform, *, caller: Caller | None = None, **variables: Any) -> dict[str, Any]:
    result = await platform.execute(CUSTOMERS, variables, caller=caller)
    assert result.errors == []
    assert result.data is not None
    found: dict[str, Any] = result.data["customers"]
    return found


async def names(
    platform: TestPlatform, *, caller: Caller | None = None, **variables: Any
) -> list[str | None]:
    return [node["name"] for node in (await ask(platform, caller=caller, **variables))["nodes"]]


async def test_shows_everything_about_one(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        places = await street(ctx)
        row = await make_customer(
            ctx, places.corner, name="Ada", email="ada@example.com", external_id="a-1", created_at=JANUARY
        )

    assert await customer(platform, row) == {
        "id": gid(row),
        "name": "Ada",
        "email": "ada@example.com",
        "externalId": "a-1",
        "createdAt": "2024-01-01T00:00:00+00:00",
        "archivedAt": None,
        "store": {"id": global_id("Store", places.corner), "name": "Corner"},
        "merchant": {"id": global_id("Merchant", places.bakery), "name": "Bakery"},
    }


async def test_shows_the_newest_first_and_leaves_out_the_archived(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        places = await street(ctx)
        for day, name in enumerate(("Ada", "Bob", "Cleo"), start=1):
            await make_customer(ctx, places.corner, name=name, created_at=JANUARY.replace(day=day))
        await make_customer(ctx, places.corner, name="Dan", archived_at=JANUARY)

    assert await ask(platform) == {
        "nodes": [{"name": "Cleo"}, {"name": "Bob"}, {"name": "Ada"}],
        "pageInfo": {"hasNextPage": False, "endCursor": (await ask(platform))["pageInfo"]["endCursor"]},
        "totalCount": 3,
    }
    assert await names(platform, filter={"archived": True}) == ["Dan"]
    assert await names(platform, filter={"archived": None}, orderBy={"field": "NAME"}) == [
        "Ada",
        "Bob",
        "Cleo",
        "Dan",
    ]


async def test_narrows_by_store_merchant_time_and_text(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        places = await street(ctx)
        await make_customer(
            ctx,
            places.corner,
            name="Ada_Lovelace",
            email="ada@example.com",
            created_at=JANUARY.replace(day=1),
        )
        await make_customer(
            ctx, places.station, name="Ada Byron", external_id="x-7", created_at=JANUARY.replace(day=2)
        )
        await make_customer(ctx, places.library, name="Bob", created_at=JANUARY.replace(day=3))

    async def found(**filter: Any) -> list[str | None]:
        return await names(platform, filter=filter, orderBy=ASCENDING)

    assert await found(storeId=global_id("Store", places.station)) == ["Ada Byron"]
    assert await found(merchantId=global_id("Merchant", places.bakery)) == ["Ada_Lovelace", "Ada Byron"]
    assert await found(createdAfter="2024-01-02T00:00:00Z") == ["Ada Byron", "Bob"]
    assert await found(createdBefore="2024-01-02T01:00:00+01:00") == ["Ada_Lovelace"]
    assert await found(search="ada") == ["Ada_Lovelace", "Ada Byron"]
    assert await found(search="a_l") == ["Ada_Lovelace"]
    assert await found(search="DA@EXAMPLE") == ["Ada_Lovelace"]
    assert await found(search="x-7") == ["Ada Byron"]
    assert await found(search="x-") == []
    assert await found(search="Bo\x07b ") == ["Bob"]
    assert await found(search="ada", merchantId=global_id("Merchant", places.books)) == []


async def test_pages_in_either_order_without_gaps(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        places = await street(ctx)
        for name in ("Ada", "Bob", None, "Cleo", "Bob"):
            (await make_customer(ctx, places.corner, created_at=JANUARY)).name = name

    for direction, expected in (
        ("ASC", [None, "Ada", "Bob", "Bob", "Cleo"]),
        ("DESC", ["Cleo", "Bob", "Bob", "Ada", None]),
    ):
        seen: list[str | None] = []
        after = None
        while True:
            order = {"field": "NAME", "direction": direction}
            page = await ask(platform, first=2, after=after, orderBy=order)
            seen += [node["name"] for node in page["nodes"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert seen == expected


async def test_takes_a_time_without_a_zone_for_one_of_the_platform(facet: Facet) -> None:
    tokyo = await TestPlatform.create(facet, timezone="Asia/Tokyo")
    async with tokyo.context() as ctx:
        places = await street(ctx)
        await make_customer(
            ctx, places.corner, name="Ada", created_at=datetime(2024, 1, 1, 14, 59, tzinfo=UTC)
        )
        await make_customer(
            ctx, places.corner, name="Bob", created_at=datetime(2024, 1, 1, 15, 0, tzinfo=UTC)
        )

    assert await names(tokyo, filter={"createdAfter": "2024-01-02T00:00:00"}) == ["Bob"]
    assert await names(tokyo, filter={"createdBefore": "2024-01-02T00:00:00"}) == ["Ada"]


async def test_keeps_to_the_caller_s_merchants_and_stores(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        places = await street(ctx)
        at_corner = await make_customer(ctx, places.corner, name="Ada")
        await make_customer(ctx, places.station, name="Bob")
        at_library = await make_customer(ctx, places.library, name="Cleo")

    member = platform.merchant_member(places.bakery)
    staff = platform.store_staff(places.corner)

    assert sorted(map(str, await names(platform, caller=member))) == ["Ada", "Bob"]
    assert await names(platform, caller=staff) == ["Ada"]
    assert await names(platform, caller=staff, filter={"storeId": global_id("Store", places.library)}) == []
    query = "query ($id: ID!) { customer(id: $id) { merchant { name } } node(id: $id) { id } }"
    seen = await platform.execute(query, {"id": gid(at_corner)}, caller=staff)
    assert seen.data == {"customer": {"merchant": {"name": "Bakery"}}, "node": {"id": gid(at_corner)}}
    hidden = await platform.execute(
        "query ($id: ID!) { customer(id: $id) { id } }", {"id": gid(at_library)}, caller=staff
    )
    assert hidden.data == {"customer": None}


async def test_never_shows_another_platform_s(platform: TestPlatform, other_platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        row = await make_customer(ctx, (await street(ctx)).corner, name="Ada")

    assert await names(other_platform) == []
    assert await customer(other_platform, row) is None


async def test_refuses_strangers_and_callers_without_the_permission(platform: TestPlatform) -> None:
    rightless = replace(platform.admin, permissions=frozenset())

    assert (await platform.execute("{ customers { totalCount } }", caller=rightless)).codes == ["FORBIDDEN"]
    assert (await platform.execute("{ customers { totalCount } }", caller=ANONYMOUS)).codes == [
        "UNAUTHENTICATED"
    ]


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"filter": {"storeId": global_id("Merchant", 1)}}, "is not the id of a Store"),
        ({"first": 101}, "must be between 1 and 100"),
        ({"after": "rubbish"}, "`after` is not a cursor of this list"),
    ],
)
async def test_refuses_arguments_that_make_no_sense(
    platform: TestPlatform, variables: dict[str, Any], message: str
) -> None:
    result = await platform.execute(CUSTOMERS, variables)

    assert result.codes == ["BAD_USER_INPUT"]
    assert message in result.errors[0]["message"]


async def test_lists_those_of_each_store_and_merchant(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        places = await street(ctx)
        for day, name in enumerate(("Ada", "Bob", "Cleo"), start=1):
            await make_customer(ctx, places.corner, name=name, created_at=JANUARY.replace(day=day))
        await make_customer(ctx, places.station, name="Dan")

    stores = await platform.execute(OF_STORES, {"first": 2})
    merchants = await platform.execute(OF_MERCHANTS)

    assert stores.data is not None
    corner = next(node for node in stores.data["stores"]["nodes"] if node["name"] == "Corner")
    place = {"store": {"name": "Corner", "merchant": {"name": "Bakery"}}, "merchant": {"name": "Bakery"}}
    assert corner["customers"] == {
        "nodes": [{"name": "Cleo", **place}, {"name": "Bob", **place}],
        "pageInfo": {"hasNextPage": True},
        "totalCount": 3,
    }
    assert merchants.data is not None
    assert merchants.data["merchants"]["nodes"] == [
        {
            "name": "Bakery",
            "customers": {
                "nodes": [{"name": "Ada"}, {"name": "Bob"}, {"name": "Cleo"}, {"name": "Dan"}],
                "totalCount": 4,
            },
        },
        {"name": "Books", "customers": {"nodes": [], "totalCount": 0}},
    ]


async def test_costs_the_same_statements_for_one_store_and_for_twenty(
    platform: TestPlatform, other_platform: TestPlatform
) -> None:
    for place, number in ((platform, 1), (other_platform, 20)):
        async with place.context() as ctx:
            for _ in range(number):
                store = await make_store(ctx, (await make_merchant(ctx)).id)
                await make_customers(ctx, store.id, number, since=JANUARY)

    with count_statements(platform.facet) as one:
        await platform.execute(OF_STORES, {"first": 2})
    with count_statements(platform.facet) as many:
        await other_platform.execute(OF_STORES, {"first": 2})

    assert len(many) == len(one) == 5
