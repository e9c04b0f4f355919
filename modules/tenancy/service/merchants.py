"""Creating, renaming and archiving merchants."""

from __future__ import annotations

from modules.tenancy.errors import ExternalIdTaken, MerchantIsArchived, MerchantNotFound
from modules.tenancy.models import Merchant
from modules.tenancy.repository import MerchantRepository, StoreRepository
from modules.tenancy.service.values import Values
from server.context import Context
from server.graphql.ids import global_id


async def require_merchant(ctx: Context, id: int) -> Merchant:
    """The merchant, wholly within the caller's reach; raises `MerchantNotFound`."""
    merchant = await MerchantRepository(ctx).whole(id)
    if merchant is None:
        raise _not_found()
    return merchant


async def create_merchant(ctx: Context, *, name: str, external_id: str | None = None) -> Merchant:
    """Add a merchant to the platform."""
    values = Values()
    name = values.text("name", name)
    external_id = values.optional_text("externalId", external_id)
    values.check()
    merchant = await MerchantRepository(ctx).insert_new(
        name=name, external_id=external_id, created_at=ctx.clock.now()
    )
    if merchant is None:
        raise ExternalIdTaken(f"Another merchant has the external id {external_id}.")
    after = {"name": name, "external_id": external_id}
    ctx.audit("tenancy.create_merchant", subject=global_id("Merchant", merchant.id), after=after)
    return merchant


async def update_merchant(ctx: Context, *, id: int, name: str) -> Merchant:
    """Rename a merchant that is not archived."""
    values = Values()
    name = values.text("name", name)
    values.check()
    merchant = await lock_active(ctx, id)
    before, merchant.name = merchant.name, name
    await ctx.session.flush()
    ctx.audit(
        "tenancy.update_merchant",
        subject=global_id("Merchant", id),
        before={"name": before},
        after={"name": name},
    )
    return merchant


async def archive_merchant(ctx: Context, *, id: int) -> Merchant:
    """Take a merchant out of use: its open stores are closed, everything about it stays readable."""
    merchant = await lock_active(ctx, id)
    now = ctx.clock.now()
    merchant.archived_at = now
    closed = await StoreRepository(ctx).open_of(id)
    for store in closed:
        store.closed_at = now
    await ctx.session.flush()
    after = {"closed_stores": [global_id("Store", store.id) for store in closed]}
    ctx.audit("tenancy.archive_merchant", subject=global_id("Merchant", id), after=after)
    return merchant


async def lock_active(ctx: Context, id: int) -> Merchant:
    """The merchant, which stays unarchived until this transaction ends."""
    merchant = await MerchantRepository(ctx).lock(id)
    if merchant is None:
        raise _not_found()
    if merchant.archived_at is not None:
        raise MerchantIsArchived(f"{merchant.name} was archived on {merchant.archived_at:%Y-%m-%d}.")
    return merchant


def _not_found() -> MerchantNotFound:
    return MerchantNotFound("There is no such merchant, or you may not manage it.")
