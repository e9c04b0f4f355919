"""Create a customer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from modules.customers.testing import make_customer
from modules.tenancy.testing import make_store
from server.auth.caller import Caller
from server.db.audit import AuditEntry
from server.graphql.ids import global_id
from server.platforms.configuration import configure_module
from server.testing import TestPlatform
from tests.modules.customers.asking import street

CREATE = """
mutation ($storeId: ID!, $name: String, $email: String, $externalId: String) {
  createCustomer(storeId: $storeId, name: $name, email: $email, externalId: $externalId) {
    __typename
    ... on CreateCustomerPayload { customer { name email externalId archivedAt store { name } } }
    ... on Error { code message }
    ... on ValidationFailed { fields { field message } }
  }
}
"""
COUNT = "{ customers(filter: {archived: null}) { totalCount } }"


async def create(
    platform: TestPlatform, store_id: int, *, caller: Caller | None = None, **values: Any
) -> dict[str, Any]:
    variables = {"storeId": global_id("Store", store_id), **values}
    result = await platform.execute(CREATE, variables, caller=caller)
    assert result.errors == []
    assert result.data is not None
    answer: dict[str, Any] = result.data["createCustomer"]
    return answer


async def total(platform: TestPlatform) -> int:
    result = await platform.execute(COUNT)
    assert result.data is not None
    count: int = result.data["customers"]["totalCount"]
    return count


@pytest.fixture
async def corner(platform: TestPlatform) -> int:
    async with platform.context() as ctx:
        return (await street(ctx)).corner


async def test_stores_the_cleaned_values(platform: TestPlatform, corner: int) -> None:
    answer = await create(platform, corner, name=" Ada ", email="Ada@Example.com", externalId="a-1")

    assert answer == {
        "__typename": "CreateCustomerPayload",
        "customer": {
            "name": "Ada",
            "email": "ada@example.com",
            "externalId": "a-1",
            "archivedAt": None,
            "store": {"name": "Corner"},
        },
    }
    assert await total(platform) == 1


async def test_is_written_into_the_audit_log(platform: TestPlatform, corner: int) -> None:
    await create(platform, corner, name="Ada")

    async with platform.context() as ctx:
        statement = select(AuditEntry.action, AuditEntry.after).where(AuditEntry.platform_id == platform.id)
        entries = [tuple(row) for row in await ctx.session.execute(statement)]
    assert entries == [("customers.create_customer", {"external_id": None, "name": "Ada", "email": None})]


async def test_takes_a_customer_without_anything_known(platform: TestPlatform, corner: int) -> None:
    answer = await create(platform, corner, name="  ", email="")

    assert (answer["customer"]["name"], answer["customer"]["email"]) == (None, None)


async def test_is_allowed_to_staff_in_their_store_only(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        places = await street(ctx)
    staff = platform.store_staff(places.corner)

    assert (await create(platform, places.corner, caller=staff))["__typename"] == "CreateCustomerPayload"
    assert (await create(platform, places.station, caller=staff))["__typename"] == "StoreNotFound"
    assert await total(platform) == 1


async def test_refuses_a_store_of_another_platform(
    platform: TestPlatform, other_platform: TestPlatform, corner: int
) -> None:
    assert (await create(other_platform, corner))["__typename"] == "StoreNotFound"
    assert await total(platform) == 0


async def test_refuses_an_external_id_that_is_taken(platform: TestPlatform, corner: int) -> None:
    async with platform.context() as ctx:
        other = await make_store(ctx)
        await make_customer(ctx, other.id, external_id="a-1")

    answer = await create(platform, corner, externalId="a-1")

    assert answer == {
        "__typename": "DuplicateExternalId",
        "code": "CUSTOMERS_DUPLICATE_EXTERNAL_ID",
        "message": "Another customer of this platform has the external id a-1.",
    }
    assert await total(platform) == 1


async def test_shares_external_ids_with_other_platforms(
    platform: TestPlatform, other_platform: TestPlatform, corner: int
) -> None:
    async with other_platform.context() as ctx:
        await make_customer(ctx, (await make_store(ctx)).id, external_id="a-1")

    assert (await create(platform, corner, externalId="a-1"))["__typename"] == "CreateCustomerPayload"


async def test_gives_an_external_id_to_one_of_two_at_the_same_moment(
    platform: TestPlatform, corner: int
) -> None:
    answers = await asyncio.gather(*(create(platform, corner, externalId="a-1") for _ in range(4)))

    assert sorted(answer["__typename"] for answer in answers) == [
        "CreateCustomerPayload",
        "DuplicateExternalId",
        "DuplicateExternalId",
        "DuplicateExternalId",
    ]
    assert await total(platform) == 1


async def test_names_every_wrong_value(platform: TestPlatform, corner: int) -> None:
    answer = await create(platform, corner, name="n" * 201, email="ada@", externalId="a\x07b")

    assert answer["__typename"] == "ValidationFailed"
    assert answer["code"] == "VALIDATION_FAILED"
    assert answer["fields"] == [
        {"field": "name", "message": "has 201 characters, at most 200 fit"},
        {"field": "externalId", "message": "holds characters that cannot be printed, such as line breaks"},
        {"field": "email", "message": "is not an e-mail address"},
    ]
    assert await total(platform) == 0


async def test_refuses_a_missing_address_where_the_platform_requires_one(
    platform: TestPlatform, corner: int
) -> None:
    async with platform.context() as ctx:
        await configure_module(ctx, "customers", {"require_email": True})

    refused = await create(platform, corner, name="Ada")
    taken = await create(platform, corner, name="Ada", email="ada@example.com")

    assert refused["fields"] == [{"field": "email", "message": "is missing, and this platform requires one"}]
    assert taken["__typename"] == "CreateCustomerPayload"
    assert await total(platform) == 1
