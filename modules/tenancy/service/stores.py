"""Opening, changing and closing stores."""

from __future__ import annotations

from collections.abc import Mapping

from modules.tenancy.errors import ExternalIdTaken, StoreIsClosed, StoreNotFound
from modules.tenancy.models import Store
from modules.tenancy.repository import StoreRepository
from modules.tenancy.service.merchants import lock_active
from modules.tenancy.service.values import Values
from server.context import Context
from server.graphql.ids import global_id

ADDRESS = {
    "city": ("city", 100),
    "region": ("region", 100),
    "postal_code": ("postalCode", 20),
    "country_code": ("countryCode", 2),
    "phone": ("phone", 40),
}
"""What a store can say of where it is: the field clients fill and the most characters it may have."""


async def require_store(ctx: Context, id: int) -> Store:
    """The store, within the caller's reach; raises `StoreNotFound`."""
    store = (await StoreRepository(ctx).by_ids([id])).get(id)
    if store is None:
        raise StoreNotFound("There is no such store, or you may not see it.")
    return store


async def create_store(
    ctx: Context,
    *,
    merchant_id: int,
    name: str,
    external_id: str | None = None,
    address: Mapping[str, str | None] | None = None,
) -> Store:
    """Open a store of a merchant that is not archived. `address` holds what is known of the `ADDRESS`."""
    values = Values()
    name = values.text("name", name)
    external_id = values.optional_text("externalId", external_id)
    known = {part: text for part, text in _address(values, address or {}).items() if text is not None}
    values.check()
    await lock_active(ctx, merchant_id)
    store = await StoreRepository(ctx).insert_new(
        {
            "merchant_id": merchant_id,
            "name": name,
            "external_id": external_id,
            "created_at": ctx.clock.now(),
            **known,
        }
    )
    if store is None:
        raise ExternalIdTaken(f"Another store has the external id {external_id}.")
    after = {
        "name": name,
        "external_id": external_id,
        "merchant": global_id("Merchant", merchant_id),
        **known,
    }
    ctx.audit("tenancy.create_store", subject=global_id("Store", store.id), after=after)
    return store


async def update_store(ctx: Context, *, id: int, changes: Mapping[str, str | None]) -> Store:
    """Change the `name` or parts of the `ADDRESS` of a store that is not closed; a None forgets a part."""
    values = Values()
    wanted = _address(values, {part: text for part, text in changes.items() if part != "name"})
    if "name" in changes:
        wanted["name"] = values.text("name", changes["name"] or "")
    values.check()
    store = await _lock_open(ctx, id)
    before = {key: getattr(store, key) for key, value in wanted.items() if getattr(store, key) != value}
    if before:
        after = {key: wanted[key] for key in before}
        for key, value in after.items():
            setattr(store, key, value)
        await ctx.session.flush()
        ctx.audit("tenancy.update_store", subject=global_id("Store", id), before=before, after=after)
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


def _address(values: Values, given: Mapping[str, str | None]) -> dict[str, str | None]:
    """The given parts of an address, checked."""
    checked: dict[str, str | None] = {}
    for part, text in given.items():
        field, longest = ADDRESS[part]
        if part == "country_code" and text is not None:
            checked[part] = values.country(field, text)
        else:
            checked[part] = values.optional_text(field, text, longest=longest)
    return checked
