"""Find, open, change and close stores."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from modules.tenancy.testing import make_merchant, make_store
from server.auth.caller import Caller
from server.graphql.ids import global_id
from server.testing import TestPlatform, count_statements

STORES = """
query ($first: Int, $filter: StoreFilter, $orderBy: StoreOrder) {
  stores(first: $first, filter: $filter, orderBy: $orderBy) {
    totalCount nodes { name closedAt merchant { name } }
  }
}
"""
CREATE = """
mutation ($merchantId: ID!, $name: String!, $externalId: String) {
  createStore(merchantId: $merchantId, name: $name, externalId: $externalId) {
    __typename
    ... on CreateStorePayload { store { id name externalId closedAt merchant { name } } }
    ... on Error { code }
  }
}
"""
RENAME = """
mutation ($id: ID!, $name: String!) {
  updateStore(id: $id, name: $name) { __typename ... on UpdateStorePayload { store { name } } }
}
"""
CLOSE = """
mutation ($id: ID!) {
  closeStore(id: $id) { __typename ... on CloseStorePayload { store { closedAt } } }
}
"""


async def names(platform: TestPlatform, *, caller: Caller | None = None, **arguments: Any) -> list[str]:
    result = await platform.execute(STORES, arguments, caller=caller or platform.admin)
    assert result.errors == []
    assert result.data is not None
    assert result.data["stores"]["totalCount"] == len(result.data["stores"]["nodes"])
    return [node["name"] for node in result.data["stores"]["nodes"]]


async def outcome(platform: TestPlatform, text: str, caller: Caller | None = None, **arguments: Any) -> str:
    result = await platform.execute(text, arguments, caller=caller or platform.admin)
    assert result.errors == []
    assert result.data is not None
    (answer,) = result.data.values()
    name: str = answer["__typename"]
    return name


async def test_shows_each_caller_the_stores_within_reach(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        one, two = await make_merchant(ctx), await make_merchant(ctx)
        await make_store(ctx, one.id, name="A")
        await make_store(ctx, one.id, name="B")
        workplace = await make_store(ctx, two.id, name="C")

    assert await names(platform) == ["A", "B", "C"]
    assert await names(platform, caller=platform.merchant_member(one.id)) == ["A", "B"]
    assert await names(platform, caller=platform.store_staff(workplace.id)) == ["C"]
    assert await names(platform, filter={"merchantId": global_id("Merchant", one.id)}) == ["A", "B"]


async def test_orders_and_filters(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        merchant = await make_merchant(ctx)
        await make_store(ctx, merchant.id, name="Old", created_at=datetime(2023, 1, 1, tzinfo=UTC))
        await make_store(
            ctx,
            merchant.id,
            name="New",
            external_id="n-1",
            created_at=datetime(2024, 1, 1, tzinfo=UTC),
            closed_at=datetime(2024, 6, 1, tzinfo=UTC),
        )

    assert await names(platform, orderBy={"field": "CREATED_AT"}) == ["Old", "New"]
    assert await names(platform, orderBy={"field": "NAME", "direction": "DESC"}) == ["Old", "New"]
    assert await names(platform, filter={"search": "N-1"}) == ["New"]
    assert await names(platform, filter={"closed": False}) == ["Old"]
    assert await names(platform, filter={"closed": True}) == ["New"]
    assert await names(platform, filter={"createdAfter": "2023-06-01T00:00:00Z"}) == ["New"]
    assert await names(platform, filter={"createdBefore": "2024-01-01T00:00:00Z"}) == ["Old"]


async def test_opens_a_store_for_a_member_of_the_merchant(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        merchant = await make_merchant(ctx, name="Bakery")
    variables = {"merchantId": global_id("Merchant", merchant.id), "name": "Corner", "externalId": "c-1"}

    result = await platform.execute(CREATE, variables, caller=platform.merchant_member(merchant.id))

    assert result.data is not None
    store = result.data["createStore"]["store"]
    assert (store["name"], store["externalId"], store["closedAt"]) == ("Corner", "c-1", None)
    assert store["merchant"] == {"name": "Bakery"}
    log = await platform.execute("{ auditLog { nodes { action subject after } } }")
    assert log.data is not None
    assert log.data["auditLog"]["nodes"] == [
        {
            "action": "tenancy.create_store",
            "subject": store["id"],
            "after": {"name": "Corner", "external_id": "c-1", "merchant": variables["merchantId"]},
        }
    ]


async def test_refuses_stores_of_merchants_out_of_reach_or_archived(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        own = await make_merchant(ctx)
        other = await make_merchant(ctx)
        archived = await make_merchant(ctx, archived_at=ctx.clock.now())
        await make_store(ctx, own.id, name="Taken", external_id="t-1")
    caller = platform.merchant_member(own.id, archived.id)

    async def create(merchant_id: int, name: str = "Corner", external_id: str | None = None) -> str:
        id_ = global_id("Merchant", merchant_id)
        return await outcome(platform, CREATE, caller, merchantId=id_, name=name, externalId=external_id)

    assert await create(other.id) == "MerchantNotFound"
    assert await create(archived.id) == "MerchantIsArchived"
    assert await create(own.id, name="") == "ValidationFailed"
    assert await create(own.id, external_id="t-1") == "ExternalIdTaken"
    assert await names(platform) == ["Taken"]


async def test_renames_and_closes_a_store_once(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        store = await make_store(ctx, name="Before")
    id_, caller = global_id("Store", store.id), platform.merchant_member(store.merchant_id)

    assert await outcome(platform, RENAME, caller, id=id_, name="After") == "UpdateStorePayload"
    assert await outcome(platform, CLOSE, caller, id=id_) == "CloseStorePayload"
    assert await outcome(platform, CLOSE, caller, id=id_) == "StoreIsClosed"
    assert await outcome(platform, RENAME, caller, id=id_, name="Later") == "StoreIsClosed"
    assert await names(platform, filter={"closed": True}) == ["After"]


async def test_refuses_staff_and_those_who_are_member_elsewhere_to_manage_a_store(
    platform: TestPlatform,
) -> None:
    async with platform.context() as ctx:
        store, elsewhere = await make_store(ctx, name="Workplace"), await make_merchant(ctx)
    id_ = global_id("Store", store.id)
    staff = platform.store_staff(store.id)
    both = platform.merchant_member(elsewhere.id)
    both = replace(both, store_ids=(store.id,))

    refused = await platform.execute(CLOSE, {"id": id_}, caller=staff)

    assert refused.codes == ["FORBIDDEN"]
    assert await names(platform, caller=both) == ["Workplace"]
    assert await outcome(platform, CLOSE, both, id=id_) == "StoreNotFound"
    assert await names(platform, filter={"closed": False}) == ["Workplace"]


async def test_finds_one_store_or_none(platform: TestPlatform, other_platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        store = await make_store(ctx, name="Corner")
    query = "query ($id: ID!) { store(id: $id) { name } }"
    variables = {"id": global_id("Store", store.id)}

    assert (await platform.execute(query, variables)).data == {"store": {"name": "Corner"}}
    assert (await other_platform.execute(query, variables)).data == {"store": None}
    assert (await platform.execute(query, {"id": global_id("Merchant", store.id)})).codes == [
        "BAD_USER_INPUT"
    ]


async def test_lists_merchants_in_as_many_statements_for_one_as_for_twenty(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        for _ in range(20):
            await make_store(ctx)

    with count_statements(platform.facet) as for_one:
        await platform.execute(STORES, {"first": 1})
    with count_statements(platform.facet) as for_many:
        await platform.execute(STORES, {"first": 20})

    assert len(for_one) == len(for_many) == 3


PAGE = """
query ($after: String, $orderBy: StoreOrder) {
  stores(first: 1, after: $after, orderBy: $orderBy) { nodes { city } pageInfo { endCursor hasNextPage } }
}
"""


@pytest.mark.parametrize("field", ["NAME", "CREATED_AT"])
async def test_pages_on_by_what_is_not_asked_for(platform: TestPlatform, field: str) -> None:
    async with platform.context() as ctx:
        merchant = await make_merchant(ctx)
        for number, city in enumerate(("Metz", "Trier", "Wiltz")):
            opened = datetime(2024, 1, 1 + number, tzinfo=UTC)
            await make_store(ctx, merchant.id, name=f"Store {number}", created_at=opened, city=city)
    cities: list[str] = []
    page: dict[str, Any] = {"endCursor": None, "hasNextPage": True}

    while page["hasNextPage"]:
        variables = {"after": page["endCursor"], "orderBy": {"field": field, "direction": "DESC"}}
        result = await platform.execute(PAGE, variables)
        assert result.data is not None
        cities += [node["city"] for node in result.data["stores"]["nodes"]]
        page = result.data["stores"]["pageInfo"]

    assert cities == ["Wiltz", "Trier", "Metz"]


async def test_reads_lists_that_show_different_things_together(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        one, two = await make_merchant(ctx, name="One"), await make_merchant(ctx, name="Two")
        await make_store(ctx, one.id, name="Corner", city="Metz")
        await make_store(ctx, two.id, name="Station", phone="1")
    query = """{ merchants { nodes {
        short: stores { nodes { name } }
        long: stores { nodes { city phone merchant { name } } pageInfo { hasNextPage } }
    } } }"""

    with count_statements(platform.facet) as statements:
        result = await platform.execute(query)

    assert result.data == {
        "merchants": {
            "nodes": [
                {
                    "short": {"nodes": [{"name": "Corner"}]},
                    "long": {
                        "nodes": [{"city": "Metz", "phone": None, "merchant": {"name": "One"}}],
                        "pageInfo": {"hasNextPage": False},
                    },
                },
                {
                    "short": {"nodes": [{"name": "Station"}]},
                    "long": {
                        "nodes": [{"city": None, "phone": "1", "merchant": {"name": "Two"}}],
                        "pageInfo": {"hasNextPage": False},
                    },
                },
            ]
        }
    }
    # The merchants, the stores of both lists, and the merchants of the stores.
    assert len(statements) == 3
