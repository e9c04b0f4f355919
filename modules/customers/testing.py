"""Customers for tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count

from modules.customers.models import Customer
from modules.customers.repository import CustomerRepository
from modules.tenancy.api import stores_by_id
from server.context import Context

_numbers = count(1)


async def make_customer(
    ctx: Context,
    store_id: int,
    *,
    name: str | None = None,
    email: str | None = None,
    external_id: str | None = None,
    created_at: datetime | None = None,
    archived_at: datetime | None = None,
) -> Customer:
    """A customer of the store; unless told otherwise they became one now and have a name of their own."""
    store = await ctx.loader(stores_by_id).load(store_id)
    assert store is not None, f"no store {store_id} on this platform"
    return await CustomerRepository(ctx).add(
        Customer(
            merchant_id=store.merchant_id,
            store_id=store.id,
            name=name or f"Customer {next(_numbers)}",
            email=email,
            external_id=external_id,
            created_at=created_at or ctx.clock.now(),
            archived_at=archived_at,
        )
    )


async def make_customers(
    ctx: Context, store_id: int, number: int, *, since: datetime, every: timedelta = timedelta(days=1)
) -> Sequence[Customer]:
    """`number` customers of the store, the first at `since`, then one `every` so often."""
    return [await make_customer(ctx, store_id, created_at=since + place * every) for place in range(number)]
