"""Rows by their ids, and lists by what they belong to: one statement whatever the count.

Rows out of reach are None.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from modules.tenancy.models import Membership, Merchant, Store
from modules.tenancy.repository import MembershipRepository, MerchantRepository, StoreRepository
from modules.tenancy.repository.credentials import accounts_by_ids
from modules.tenancy.repository.shared import CountOf
from modules.tenancy.service.platforms import usable_platforms
from server.auth.models import UserAccount
from server.context import Context
from server.db.paging import Order, Page
from server.platforms.models import Platform


@dataclass(frozen=True)
class Listing:
    """A page of what belongs to one merchant."""

    merchant_id: int
    order: Order
    first: int | None
    after: str | None

    @property
    def how(self) -> tuple[str, int | None, str | None]:
        """What listings must share to be read together."""
        return self.order.name, self.first, self.after

    def __hash__(self) -> int:
        return hash((self.merchant_id, self.how))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Listing) and (self.merchant_id, self.how) == (other.merchant_id, other.how)


async def merchants_by_id(ctx: Context, ids: Sequence[int]) -> Sequence[Merchant | None]:
    found = await MerchantRepository(ctx).by_ids(ids)
    return [found.get(id) for id in ids]


async def stores_by_id(ctx: Context, ids: Sequence[int]) -> Sequence[Store | None]:
    found = await StoreRepository(ctx).by_ids(ids)
    return [found.get(id) for id in ids]


async def memberships_by_id(ctx: Context, ids: Sequence[int]) -> Sequence[Membership | None]:
    found = await MembershipRepository(ctx).by_ids(ids)
    return [found.get(id) for id in ids]


async def platforms_by_id(ctx: Context, ids: Sequence[int]) -> Sequence[Platform | None]:
    found = {row.id: row for row in await usable_platforms(ctx, ids)}
    return [found.get(id) for id in ids]


async def stores_by_merchant(ctx: Context, keys: Sequence[Listing]) -> Sequence[Page[Store]]:
    return await _pages(StoreRepository(ctx).pages_by_merchant, keys, ctx.loader(store_counts).load)


async def memberships_by_merchant(ctx: Context, keys: Sequence[Listing]) -> Sequence[Page[Membership]]:
    count_of = ctx.loader(membership_counts).load
    return await _pages(MembershipRepository(ctx).pages_by_merchant, keys, count_of)


async def store_counts(ctx: Context, merchant_ids: Sequence[int]) -> Sequence[int]:
    found = await StoreRepository(ctx).counts(merchant_ids)
    return [found.get(id, 0) for id in merchant_ids]


async def membership_counts(ctx: Context, merchant_ids: Sequence[int]) -> Sequence[int]:
    found = await MembershipRepository(ctx).counts(merchant_ids)
    return [found.get(id, 0) for id in merchant_ids]


async def accounts_by_id(ctx: Context, ids: Sequence[int]) -> Sequence[UserAccount | None]:
    """Accounts belong to no platform: load only those that a row within reach names."""
    found = await accounts_by_ids(ctx.session, ids)
    return [found.get(id) for id in ids]


async def _pages(
    read: Callable[..., Awaitable[dict[int, Page[Any]]]], keys: Sequence[Listing], count_of: CountOf
) -> Sequence[Page[Any]]:
    """One statement for each different way of listing, which is one unless a query uses aliases."""
    alike: dict[tuple[Any, ...], list[Listing]] = defaultdict(list)
    for key in keys:
        alike[key.how].append(key)
    found: dict[Listing, Page[Any]] = {}
    for group in alike.values():
        one = group[0]
        pages = await read([key.merchant_id for key in group], one.order, one.first, one.after, count_of)
        found.update((key, pages[key.merchant_id]) for key in group)
    return [found[key] for key in keys]
