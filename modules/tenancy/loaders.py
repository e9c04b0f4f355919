"""Rows by their ids, for lists: one statement whatever the count. Rows out of reach are None."""

from __future__ import annotations

from collections.abc import Sequence

from modules.tenancy.models import Merchant, Store
from modules.tenancy.repository import MerchantRepository, StoreRepository
from modules.tenancy.repository.credentials import accounts_by_ids
from server.auth.models import UserAccount
from server.context import Context


async def merchants_by_id(ctx: Context, ids: Sequence[int]) -> Sequence[Merchant | None]:
    found = await MerchantRepository(ctx).by_ids(ids)
    return [found.get(id) for id in ids]


async def stores_by_id(ctx: Context, ids: Sequence[int]) -> Sequence[Store | None]:
    found = await StoreRepository(ctx).by_ids(ids)
    return [found.get(id) for id in ids]


async def accounts_by_id(ctx: Context, ids: Sequence[int]) -> Sequence[UserAccount | None]:
    """Accounts belong to no platform: load only those that a row within reach names."""
    found = await accounts_by_ids(ctx.session, ids)
    return [found.get(id) for id in ids]
