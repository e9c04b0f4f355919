"""Change and archive customers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from modules.customers.models import Customer
from modules.customers.testing import make_customer
from server.auth.caller import Caller
from server.db.audit import AuditEntry
from server.graphql.ids import global_id
from server.testing import TestPlatform
from tests.modules.customers.asking import Street, customer, gid, street

UPDATE = """
mutation ($id: ID!, $name: String, $email: String) {
  updateCustomer(id: $id, name: $name, email: $email) {
    __typename
    ... on UpdateCustomerPayload { customer { name email } }
    ... on Error { code message }
    ... on ValidationFailed { fields { field } }
  }
}
"""
ARCHIVE = """
mutation ($id: ID!) {
  archiveCustomer(id: $id) {
    __typename
    ... on ArchiveCustomerPayload { customer { archivedAt } }
    ... on Error { code message }
  }
}
"""


async def change(
    platform: TestPlatform, mutation: str, id: str, *, caller: Caller | None = None, **values: Any
) -> dict[str, Any]:
    result = await platform.execute(mutation, {"id": id, **values}, caller=caller)
    assert result.errors == []
    assert result.data is not None
    (answer,) = result.data.values()
    found: dict[str, Any] = answer
    return found


async def actions(platform: TestPlatform) -> list[str]:
    async with platform.context() as ctx:
        statement = select(AuditEntry.action).where(AuditEntry.platform_id == platform.id)
        return list((await ctx.session.execute(statement)).scalars())


@pytest.fixture
async def places(platform: TestPlatform) -> Street:
    async with platform.context() as ctx:
        return await street(ctx)


@pytest.fixture
async def ada(platform: TestPlatform, places: Street) -> Customer:
    async with platform.context() as ctx:
        return await make_customer(ctx, places.corner, name="Ada", email="ada@example.com")


async def test_changes_what_is_given_and_keeps_the_rest(platform: TestPlatform, ada: Customer) -> None:
    renamed = await change(platform, UPDATE, gid(ada), name="Ada Lovelace")
    assert renamed["customer"] == {"name": "Ada Lovelace", "email": "ada@example.com"}

    forgotten = await change(platform, UPDATE, gid(ada), email=None)
    assert forgotten["customer"] == {"name": "Ada Lovelace", "email": None}

    assert await actions(platform) == ["customers.update_customer", "customers.update_customer"]


async def test_writes_nothing_when_nothing_changes(platform: TestPlatform, ada: Customer) -> None:
    answer = await change(platform, UPDATE, gid(ada), name="Ada", email=" ADA@example.com")

    assert answer["__typename"] == "UpdateCustomerPayload"
    assert await actions(platform) == []


async def test_refuses_wrong_values(platform: TestPlatform, ada: Customer) -> None:
    answer = await change(platform, UPDATE, gid(ada), name="Bob", email="nobody")

    assert answer["__typename"] == "ValidationFailed"
    assert answer["fields"] == [{"field": "email"}]
    found = await customer(platform, ada)
    assert found is not None
    assert found["name"] == "Ada"


async def test_archives_once_and_for_all(platform: TestPlatform, ada: Customer) -> None:
    before = datetime.now(UTC)

    archived = await change(platform, ARCHIVE, gid(ada))
    again = await change(platform, ARCHIVE, gid(ada))
    renamed = await change(platform, UPDATE, gid(ada), name="Bob")

    assert datetime.fromisoformat(archived["customer"]["archivedAt"]) >= before
    assert (again["__typename"], again["code"]) == ("CustomerIsArchived", "CUSTOMERS_CUSTOMER_IS_ARCHIVED")
    assert renamed["__typename"] == "CustomerIsArchived"
    assert await actions(platform) == ["customers.archive_customer"]


@pytest.mark.parametrize("mutation", [UPDATE, ARCHIVE])
async def test_refuses_customers_out_of_reach(
    platform: TestPlatform, other_platform: TestPlatform, places: Street, ada: Customer, mutation: str
) -> None:
    rival = platform.merchant_member(places.books)

    expected = ("CustomerNotFound", "CUSTOMERS_CUSTOMER_NOT_FOUND")
    for answer in (
        await change(platform, mutation, gid(ada), caller=rival),
        await change(other_platform, mutation, gid(ada)),
        await change(platform, mutation, global_id("Customer", 10**17)),
    ):
        assert (answer["__typename"], answer["code"]) == expected
    assert await actions(platform) == []


@pytest.mark.parametrize("mutation", [UPDATE, ARCHIVE])
async def test_is_not_for_staff(platform: TestPlatform, places: Street, ada: Customer, mutation: str) -> None:
    result = await platform.execute(mutation, {"id": gid(ada)}, caller=platform.store_staff(places.corner))

    assert result.codes == ["FORBIDDEN"]
    assert await actions(platform) == []


async def test_is_for_the_merchant_whose_store_it_is(
    platform: TestPlatform, places: Street, ada: Customer
) -> None:
    answer = await change(platform, ARCHIVE, gid(ada), caller=platform.merchant_member(places.bakery))

    assert answer["__typename"] == "ArchiveCustomerPayload"
