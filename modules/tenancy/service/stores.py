"""Opening, renaming and closing stores."""

from __future__ import annotations

from modules.tenancy.errors import ExternalIdTaken, StoreIsClosed, StoreNotFound
from modules.tenancy.models import Store
from modules.tenancy.repository import StoreRepository
from modules.tenancy.service.merchants import lock_active
from modules.tenancy.service.values import Values
from server.context import Context
from server.graphql.ids import global_id


async def require_store(ctx: Context, id: int) -> Store:
    """The store, within the caller's reach; raises `StoreNotFound`."""
    store = (await StoreRepository(ctx).by_ids([id])).get(id)
    if store is None:
        raise StoreNotFound("There is no such store, or you may not see it.")
    return store


async def create_store(ctx: Context, *, merchant_id: int, name: str, external_id: str | None = None) -> Store:
    """Open a store of a merchant that is not archived."""
    values = Values()
    name = values.text("name", name)
    external_id = values.optional_text("externalId", external_id)
    values.check()
    await lock_active(ctx, merchant_id)
    store = await StoreRepository(ctx).insert_new(
        merchant_id=merchant_id, name=name, external_id=external_id, created_at=ctx.clock.now()
    )
    if store is None:
        raise ExternalIdTaken(f"Another store has the external id {external_id}.")
    after = {
        "name": name,
        "external_id": external_id,
        "merchant": global_id("Merchant", merchant_id),
    }
    ctx.audit("tenancy.create_store", subject=global_id("Store", store.id), after=after)
    return store


async def update_store(ctx: Context, *, id: int, name: str) -> Store:
    """Rename a store that is not closed."""
    values = Values()
    name = values.text("name", name)
    values.check()
    store = await _lock_open(ctx, id)
    before, store.name = store.name, name
    await ctx.session.flush()
    ctx.audit(
        "tenancy.update_store", subject=global_id("Store", id), before={"name": before}, after={"name": name}
    )
    return store


async def close_store(ctx: Context, *, id: int) -> Store:
    """Close a store for good; what was recorded about it stays readable."""
    store = await _lock_open(ctx, id)
    store.closed_at = ctx.clock.now()
    await ctx.session.flush()
    ctx.audit("tenancy.close_store", subject=global_id("Store", id))
    return store


async def _lock_open(ctx: Context, id: int) -> Store:
    store = await StoreRepository(ctx).lock(id)
    if store is None:
        raise StoreNotFound("There is no such store, or you may not manage it.")
    if store.closed_at is not None:
        raise StoreIsClosed(f"{store.name} was closed on {store.closed_at:%Y-%m-%d}.")
    return store
