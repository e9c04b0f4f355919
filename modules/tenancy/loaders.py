"""Rows by their ids, and lists by what they belong to: one statement whatever the count.

Rows out of reach are None.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from modules.tenancy.repository import MembershipRepository, MerchantRepository, StoreRepository
from modules.tenancy.repository.credentials import accounts_by_ids
from modules.tenancy.service.platforms import usable_platforms
from server.context import Context
from server.db.paging import Order, Page
from server.db.statements import Row
from server.db.written import Members
from server.graphql.asked import all_of, same_of


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of what belongs to each of some merchants; rows have at least the `columns` (all when empty).

    With `members` it may come written.
    """

    merchant_ids: tuple[int, ...]
    order: Order
    first: int | None
    after: str | None
    columns: tuple[str, ...] = ()
    members: Members | None = None

    @property
    def how(self) -> tuple[str, int | None, str | None]:
        """What listings must share to be read together."""
        return self.order.name, self.first, self.after


async def merchants_by_id(ctx: Context, ids: Sequence[int]) -> Sequence[Row | None]:
    found = await MerchantRepository(ctx).rows_by_ids(ids)
    return [found.get(id) for id in ids]


async def stores_by_id(ctx: Context, ids: Sequence[int]) -> Sequence[Row | None]:
    found = await StoreRepository(ctx).rows_by_ids(ids)
    return [found.get(id) for id in ids]


async def memberships_by_id(ctx: Context, ids: Sequence[int]) -> Sequence[Row | None]:
    found = await MembershipRepository(ctx).rows_by_ids(ids)
    return [found.get(id) for id in ids]


async def platforms_by_id(ctx: Context, ids: Sequence[int]) -> Sequence[Row | None]:
    found = {row.id: row for row in await usable_platforms(ctx, ids)}
    return [found.get(id) for id in ids]


async def stores_by_merchant(ctx: Context, keys: Sequence[Listing]) -> Sequence[Sequence[Page[Row]]]:
    """For each listing the page of each of its merchants."""
    repository, count_of = StoreRepository(ctx), ctx.loader(store_counts).load

    async def read(ids: Sequence[int], one: Listing) -> dict[int, Page[Row]]:
        return await repository.pages_by_merchant(
            ids, one.order, one.first, one.after, count_of, columns=one.columns, members=one.members
        )

    return await _pages(read, keys)


async def memberships_by_merchant(ctx: Context, keys: Sequence[Listing]) -> Sequence[Sequence[Page[Row]]]:
    """For each listing the page of each of its merchants."""
    repository, count_of = MembershipRepository(ctx), ctx.loader(membership_counts).load

    async def read(ids: Sequence[int], one: Listing) -> dict[int, Page[Row]]:
        return await repository.pages_by_merchant(ids, one.order, one.first, one.after, count_of)

    return await _pages(read, keys)


async def store_counts(ctx: Context, merchant_ids: Sequence[int]) -> Sequence[int]:
    found = await StoreRepository(ctx).counts(merchant_ids)
    return [found.get(id, 0) for id in merchant_ids]


async def membership_counts(ctx: Context, merchant_ids: Sequence[int]) -> Sequence[int]:
    found = await MembershipRepository(ctx).counts(merchant_ids)
    return [found.get(id, 0) for id in merchant_ids]


async def accounts_by_id(ctx: Context, ids: Sequence[int]) -> Sequence[Row | None]:
    """Accounts belong to no platform: load only those that a row within reach names."""
    found = await accounts_by_ids(ctx.session, ids)
    return [found.get(id) for id in ids]


async def _pages(
    read: Callable[[Sequence[int], Listing], Awaitable[dict[int, Page[Row]]]], keys: Sequence[Listing]
) -> Sequence[Sequence[Page[Row]]]:
    """One statement for each different way of listing, which is one unless a query uses aliases."""
    alike: dict[tuple[Any, ...], list[Listing]] = defaultdict(list)
    for key in keys:
        alike[key.how].append(key)
    found: dict[tuple[Any, ...], dict[int, Page[Row]]] = {}
    for how, group in alike.items():
        ids = list(dict.fromkeys(id for key in group for id in key.merchant_ids))
        columns = all_of(one.columns for one in group)
        members = same_of(one.members for one in group)
        found[how] = await read(ids, replace(group[0], columns=columns, members=members))
    return [[found[key.how][id] for id in key.merchant_ids] for key in keys]
