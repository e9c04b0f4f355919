"""Find, create, rename and archive merchants."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from modules.tenancy.testing import make_member, make_merchant, make_store
from server.graphql.ids import global_id
from server.testing import TestPlatform, count_statements

MERCHANTS = """
query ($first: Int, $after: String, $filter: MerchantFilter, $orderBy: MerchantOrder) {
  merchants(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
    nodes { id name externalId createdAt archivedAt }
    edges { cursor node { name } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    totalCount
  }
}
"""
CREATE = """
mutation ($name: String!, $externalId: String) {
  createMerchant(name: $name, externalId: $externalId) {
    __typename
    ... on CreateMerchantPayload { merchant { id name externalId archivedAt } }
    ... on Error { code message }
    ... on ValidationFailed { fields { field message } }
  }
}
"""
RENAME = """
mutation ($id: ID!, $name: String!) {
  updateMerchant(id: $id, name: $name) {
    __typename
    ... on UpdateMerchantPayload { merchant { name } }
    ... on Error { code }
  }
}
"""
ARCHIVE = """
mutation ($id: ID!) {
  archiveMerchant(id: $id) {
    __typename
    ... on ArchiveMerchantPayload {
      merchant { archivedAt stores { nodes { closedAt } } }
    }
    ... on Error { code }
  }
}
"""


async def names(platform: TestPlatform, **arguments: Any) -> list[str]:
    result = await platform.execute(
        MERCHANTS, arguments, caller=arguments.pop("caller", None) or platform.admin
    )
    assert result.errors == []
    assert result.data is not None
    return [node["name"] for node in result.data["merchants"]["nodes"]]


async def make(platform: TestPlatform, *merchants: str) -> list[int]:
    async with platform.context() as ctx:
        return [(await make_merchant(ctx, name=name)).id for name in merchants]


async def test_lists_every_merchant_by_name_for_an_administrator(platform: TestPlatform) -> None:
    await make(platform, "Charlie", "Alpha", "Bravo")

    assert await names(platform) == ["Alpha", "Bravo", "Charlie"]


async def test_pages_through_the_list(platform: TestPlatform) -> None:
    await make(platform, "Charlie", "Alpha", "Bravo")

    first = await platform.execute(MERCHANTS, {"first": 2})
    assert first.data is not None
    page = first.data["merchants"]
    second = await platform.execute(MERCHANTS, {"first": 2, "after": page["pageInfo"]["endCursor"]})

    assert [edge["node"]["name"] for edge in page["edges"]] == ["Alpha", "Bravo"]
    assert page["totalCount"] == 3
    assert page["pageInfo"]["hasNextPage"] is True
    assert second.data is not None
    assert [node["name"] for node in second.data["merchants"]["nodes"]] == ["Charlie"]
    assert second.data["merchants"]["pageInfo"]["hasNextPage"] is False
    assert second.data["merchants"]["pageInfo"]["hasPreviousPage"] is True


async def test_orders_and_filters(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        await make_merchant(ctx, name="Old 100%", created_at=datetime(2023, 1, 1, tzinfo=UTC))
        await make_merchant(ctx, name="Mid", external_id="x-7", created_at=datetime(2024, 1, 1, tzinfo=UTC))
        await make_merchant(
            ctx,
            name="New",
            created_at=datetime(2025, 1, 1, tzinfo=UTC),
            archived_at=datetime(2025, 2, 1, tzinfo=UTC),
        )

    latest_first = {"field": "CREATED_AT", "direction": "DESC"}
    assert await names(platform, orderBy=latest_first) == ["New", "Mid", "Old 100%"]
    assert await names(platform, filter={"search": "mI"}) == ["Mid"]
    assert await names(platform, filter={"search": "X-7"}) == ["Mid"]
    assert await names(platform, filter={"search": "0%"}) == ["Old 100%"]
    assert await names(platform, filter={"search": "%d%"}) == []
    assert await names(platform, filter={"archived": True}) == ["New"]
    assert await names(platform, filter={"archived": False}) == ["Mid", "Old 100%"]
    window = {"createdAfter": "2024-01-01T00:00:00Z", "createdBefore": "2025-01-01T00:00:00Z"}
    assert await names(platform, filter=window) == ["Mid"]


async def test_refuses_pages_and_times_that_make_no_sense(platform: TestPlatform) -> None:
    assert (await platform.execute(MERCHANTS, {"first": 101})).codes == ["BAD_USER_INPUT"]
    assert (await platform.execute(MERCHANTS, {"first": 0})).codes == ["BAD_USER_INPUT"]
    assert (await platform.execute(MERCHANTS, {"after": "bogus"})).codes == ["BAD_USER_INPUT"]
    early = {"createdAfter": "0001-01-01T00:00:00+14:00"}
    assert (await platform.execute(MERCHANTS, {"filter": early})).codes == ["BAD_USER_INPUT"]
    assert await names(platform, filter={"search": "bell\u0007"}) == []


async def test_shows_a_member_its_own_merchants_only(platform: TestPlatform) -> None:
    own, _ = await make(platform, "Own", "Other")

    assert await names(platform, caller=platform.merchant_member(own)) == ["Own"]


async def test_shows_staff_the_name_of_their_stores_merchant(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        merchant = await make_merchant(ctx, name="Employer")
        store = await make_store(ctx, merchant.id, name="Workplace")
        await make_store(ctx, merchant.id, name="Elsewhere")
        await make_merchant(ctx, name="Stranger")
        await make_member(ctx, merchant_id=merchant.id)
    staff = platform.store_staff(store.id)

    result = await platform.execute(
        "{ merchants(first: 2) { totalCount nodes { name stores { totalCount nodes { name merchant { name } } } } } }",
        caller=staff,
    )
    team = await platform.execute("{ merchants { nodes { teamMembers { totalCount } } } }", caller=staff)
    numbers = await platform.execute("{ merchants { nodes { metrics { merchantId } } } }", caller=staff)

    assert result.errors == []
    workplace = {"name": "Workplace", "merchant": {"name": "Employer"}}
    assert result.data == {
        "merchants": {
            "totalCount": 1,
            "nodes": [{"name": "Employer", "stores": {"totalCount": 1, "nodes": [workplace]}}],
        }
    }
    assert team.codes == ["FORBIDDEN"]
    assert numbers.codes == ["FORBIDDEN"]


async def test_creates_a_merchant(platform: TestPlatform) -> None:
    result = await platform.execute(CREATE, {"name": "  Bakery ", "externalId": "b-1"})

    assert result.data is not None
    created = result.data["createMerchant"]
    assert created["__typename"] == "CreateMerchantPayload"
    assert created["merchant"]["name"] == "Bakery"
    assert created["merchant"]["externalId"] == "b-1"
    assert created["merchant"]["archivedAt"] is None
    assert await names(platform) == ["Bakery"]
    log = await platform.execute("{ auditLog { nodes { action subject after } } }")
    assert log.data is not None
    assert log.data["auditLog"]["nodes"] == [
        {
            "action": "tenancy.create_merchant",
            "subject": created["merchant"]["id"],
            "after": {"name": "Bakery", "external_id": "b-1"},
        }
    ]


async def test_refuses_an_external_id_that_is_taken(
    platform: TestPlatform, other_platform: TestPlatform
) -> None:
    await platform.execute(CREATE, {"name": "First", "externalId": "b-1"})

    again = await platform.execute(CREATE, {"name": "Second", "externalId": "b-1"})
    elsewhere = await other_platform.execute(CREATE, {"name": "Other", "externalId": "b-1"})

    assert again.data is not None
    assert again.data["createMerchant"]["__typename"] == "ExternalIdTaken"
    assert again.data["createMerchant"]["code"] == "TENANCY_EXTERNAL_ID_TAKEN"
    assert await names(platform) == ["First"]
    assert elsewhere.data is not None
    assert elsewhere.data["createMerchant"]["__typename"] == "CreateMerchantPayload"


async def test_refuses_bad_values_all_at_once(platform: TestPlatform) -> None:
    result = await platform.execute(CREATE, {"name": "two\nlines", "externalId": " "})

    assert result.data is not None
    refused = result.data["createMerchant"]
    assert refused["__typename"] == "ValidationFailed"
    assert [field["field"] for field in refused["fields"]] == ["name", "externalId"]
    assert await names(platform) == []


async def test_refuses_a_member_to_create_merchants(platform: TestPlatform) -> None:
    (own,) = await make(platform, "Own")

    result = await platform.execute(CREATE, {"name": "Second"}, caller=platform.merchant_member(own))

    assert result.codes == ["FORBIDDEN"]
    assert await names(platform) == ["Own"]


async def test_renames_a_merchant(platform: TestPlatform) -> None:
    (id_,) = await make(platform, "Before")

    result = await platform.execute(RENAME, {"id": global_id("Merchant", id_), "name": "After"})

    assert result.data == {
        "updateMerchant": {"__typename": "UpdateMerchantPayload", "merchant": {"name": "After"}}
    }
    assert await names(platform) == ["After"]


async def test_archives_a_merchant_with_its_stores(platform: TestPlatform) -> None:
    closed_at = datetime(2020, 1, 1, tzinfo=UTC)
    async with platform.context() as ctx:
        merchant = await make_merchant(ctx, name="Bakery")
        await make_store(ctx, merchant.id, name="A", closed_at=closed_at)
        await make_store(ctx, merchant.id, name="B")
    id_ = global_id("Merchant", merchant.id)

    result = await platform.execute(ARCHIVE, {"id": id_})
    again = await platform.execute(ARCHIVE, {"id": id_})
    renamed = await platform.execute(RENAME, {"id": id_, "name": "After"})

    assert result.data is not None
    archived = result.data["archiveMerchant"]["merchant"]
    closed = [store["closedAt"] for store in archived["stores"]["nodes"]]
    assert closed == ["2020-01-01T00:00:00+00:00", archived["archivedAt"]]
    assert again.data == {
        "archiveMerchant": {"__typename": "MerchantIsArchived", "code": "TENANCY_MERCHANT_IS_ARCHIVED"}
    }
    assert renamed.data is not None
    assert renamed.data["updateMerchant"]["__typename"] == "MerchantIsArchived"
    assert await names(platform) == ["Bakery"]


async def test_lists_stores_and_teams_in_as_many_statements_for_one_as_for_twenty(
    platform: TestPlatform, other_platform: TestPlatform
) -> None:
    query = """{ merchants { totalCount nodes {
        stores(first: 2) { totalCount nodes { name merchant { name } } }
        teamMembers(first: 2) { totalCount nodes { name merchant { name } store { name } } }
    } } }"""
    for where, number in ((platform, 1), (other_platform, 20)):
        async with where.context() as ctx:
            for _ in range(number):
                merchant = await make_merchant(ctx)
                store = await make_store(ctx, merchant.id)
                await make_store(ctx, merchant.id)
                await make_member(ctx, store=store)

    with count_statements(platform.facet) as for_one:
        one = await platform.execute(query)
    with count_statements(platform.facet) as for_many:
        many = await other_platform.execute(query)

    assert one.errors == many.errors == []
    assert many.data is not None
    assert many.data["merchants"]["totalCount"] == 20
    assert all(node["stores"]["totalCount"] == 2 for node in many.data["merchants"]["nodes"])
    assert len(for_one) == len(for_many) == 8
