"""Customers for many at once: one statement, whatever the number of keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from modules.customers.models import Customer
from modules.customers.repository import CustomerCriteria, CustomerRepository, Parent
from server.context import Context
from server.db.paging import Order, Page
from server.db.statements import Row
from server.db.written import Members
from server.graphql.asked import all_of, same_of


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list of customers shows."""

    wanted: CustomerCriteria
    order: Order
    first: int | None
    after: str | None


@dataclass(frozen=True, slots=True)
class ListingOf:
    """The same list for each of some stores or merchants; rows have at least the `columns` (all when empty).

    With `members` it may come written.
    """

    parent_ids: tuple[int, ...]
    listing: Listing
    columns: tuple[str, ...] = ()
    members: Members | None = None


@dataclass(frozen=True, slots=True)
class CountOf:
    """How many customers a filter leaves to one store or merchant."""

    parent_id: int
    wanted: CustomerCriteria


async def customers_by_id(ctx: Context, ids: Sequence[int]) -> Sequence[Row | None]:
    """The customers within reach."""
    found = await CustomerRepository(ctx).rows_by_ids(ids)
    return [found.get(id) for id in ids]


async def customers_by_store(ctx: Context, keys: Sequence[ListingOf]) -> Sequence[Sequence[Page[Row]]]:
    """For each key a page of customers of each of its stores."""
    return await _pages(ctx, Customer.store_id, keys, customer_counts_by_store)


async def customers_by_merchant(ctx: Context, keys: Sequence[ListingOf]) -> Sequence[Sequence[Page[Row]]]:
    """For each key a page of customers of each of its merchants."""
    return await _pages(ctx, Customer.merchant_id, keys, customer_counts_by_merchant)


async def customer_counts_by_store(ctx: Context, keys: Sequence[CountOf]) -> Sequence[int]:
    """How many customers each store has."""
    return await _counts(ctx, Customer.store_id, keys)


async def customer_counts_by_merchant(ctx: Context, keys: Sequence[CountOf]) -> Sequence[int]:
    """How many customers each merchant has."""
    return await _counts(ctx, Customer.merchant_id, keys)


async def _pages(
    ctx: Context,
    parent: Parent,
    keys: Sequence[ListingOf],
    counts: Callable[[Context, Sequence[CountOf]], Awaitable[Sequence[int]]],
) -> Sequence[Sequence[Page[Row]]]:
    """One statement for each different listing, which is one unless a query uses aliases."""
    alike: dict[Listing, list[ListingOf]] = defaultdict(list)
    for key in keys:
        alike[key.listing].append(key)
    found: dict[Listing, dict[int, Page[Row]]] = {}
    for listing, group in alike.items():

        async def count_of(parent_id: int, wanted: CustomerCriteria = listing.wanted) -> int:
            return await ctx.loader(counts).load(CountOf(parent_id, wanted))

        found[listing] = await CustomerRepository(ctx).pages(
            parent,
            list(dict.fromkeys(id for key in group for id in key.parent_ids)),
            listing.wanted,
            listing.order,
            first=listing.first,
            after=listing.after,
            count_of=count_of,
            columns=all_of(key.columns for key in group),
            members=same_of(key.members for key in group),
        )
    return [[found[key.listing][id] for id in key.parent_ids] for key in keys]


async def _counts(ctx: Context, parent: Parent, keys: Sequence[CountOf]) -> Sequence[int]:
    parents: dict[CustomerCriteria, list[int]] = defaultdict(list)
    for key in keys:
        parents[key.wanted].append(key.parent_id)
    found = {
        wanted: await CustomerRepository(ctx).counts(parent, ids, wanted) for wanted, ids in parents.items()
    }
    return [found[key.wanted].get(key.parent_id, 0) for key in keys]
