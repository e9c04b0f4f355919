"""Questions and set-ups that several tests share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from modules.customers.models import Customer
from modules.tenancy.testing import make_merchant, make_store
from server.context import Context
from server.graphql.ids import global_id
from server.testing import TestPlatform

CUSTOMER = """
query ($id: ID!) {
  customer(id: $id) { id name email externalId createdAt archivedAt store { id name } merchant { id name } }
}
"""


@dataclass(frozen=True)
class Street:
    """Two merchants: the first with two stores, the second with one."""

    bakery: int
    books: int
    corner: int
    station: int
    library: int


async def street(ctx: Context) -> Street:
    bakery = (await make_merchant(ctx, name="Bakery")).id
    books = (await make_merchant(ctx, name="Books")).id
    corner = (await make_store(ctx, bakery, name="Corner", external_id="corner")).id
    station = (await make_store(ctx, bakery, name="Station", external_id="station")).id
    library = (await make_store(ctx, books, name="Library", external_id="library")).id
    return Street(bakery, books, corner, station, library)


def gid(customer: Customer) -> str:
    return global_id("Customer", customer.id)


async def customer(platform: TestPlatform, row: Customer) -> dict[str, Any] | None:
    """The customer as an administrator sees it."""
    result = await platform.execute(CUSTOMER, {"id": gid(row)})
    assert result.errors == []
    assert result.data is not None
    found: dict[str, Any] | None = result.data["customer"]
    return found
