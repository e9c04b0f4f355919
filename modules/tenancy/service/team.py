"""Adding people to teams and removing them."""

from __future__ import annotations

from dataclasses import dataclass

from modules.tenancy.errors import AlreadyTeamMember, LastAdministrator, StoreNotFound, TeamMemberNotFound
from modules.tenancy.models import Membership
from modules.tenancy.repository import MembershipRepository, StoreRepository
from modules.tenancy.repository.credentials import account_for
from modules.tenancy.service.merchants import lock_active
from modules.tenancy.service.values import Values
from server.context import Context
from server.contracts.permissions import MERCHANT_MEMBER, PLATFORM_ADMIN, STORE_STAFF
from server.errors import Forbidden
from server.graphql.ids import global_id
from server.platforms.invalidation import account_changed


@dataclass(frozen=True, slots=True)
class Place:
    """Where a role is held: on the platform (both None), for a merchant, or for one store of it."""

    merchant_id: int | None = None
    store_id: int | None = None


async def add_team_member(
    ctx: Context, *, email: str, name: str, role: str, place: Place, title: str | None = None
) -> Membership:
    """Give a person a role, and an account without a password when nobody has the address yet.

    An administrator is added by one who sees the whole platform, others by whoever manages the merchant.
    """
    values = Values()
    email = values.email("email", email)
    name = values.text("name", name)
    title = values.optional_text("title", title, longest=100)
    _check_place(values, role, place)
    values.check()
    place = await _managed_place(ctx, place)
    now = ctx.clock.now()
    user_id = await account_for(ctx.session, email=email, name=name, now=now)
    row = {
        "merchant_id": place.merchant_id,
        "store_id": place.store_id,
        "user_id": user_id,
        "email": email,
        "name": name,
        "role": role,
        "title": title,
        "created_at": now,
    }
    member = await MembershipRepository(ctx).insert_new(row)
    if member is None:
        raise AlreadyTeamMember(f"{email} has a role there already; remove it first to give another.")
    account_changed(ctx, user_id)
    ctx.audit("tenancy.add_team_member", subject=global_id("TeamMember", member.id), after=_described(member))
    return member


async def remove_team_member(ctx: Context, *, id: int) -> Membership:
    """End a membership: the person's tokens lose its rights with their next request."""
    memberships = MembershipRepository(ctx)
    # All administrators are locked before the one, in one order: two that remove each other do not wait in a circle.
    administrators = await memberships.lock_administrators() if ctx.caller.sees_everything else ()
    member = await memberships.lock(id)
    if member is None:
        raise TeamMemberNotFound("There is no such team member, or you may not manage them.")
    if member.role == PLATFORM_ADMIN and [row.id for row in administrators] == [id]:
        raise LastAdministrator(f"{member.name} is the last administrator; add another one first.")
    member.ended_at = ctx.clock.now()
    await ctx.session.flush()
    if member.user_id is not None:
        account_changed(ctx, member.user_id)
    ctx.audit("tenancy.remove_team_member", subject=global_id("TeamMember", id), before=_described(member))
    return member


def _check_place(values: Values, role: str, place: Place) -> None:
    """A role and the place it is held in go together."""
    needed = {PLATFORM_ADMIN: (False, False), MERCHANT_MEMBER: (True, False), STORE_STAFF: (None, True)}
    wants_merchant, wants_store = needed[role]
    if wants_store != (place.store_id is not None):
        values.refuse("storeId", "Name the store." if wants_store else "Leave it out for this role.")
    if wants_merchant is not None and wants_merchant != (place.merchant_id is not None):
        values.refuse("merchantId", "Name the merchant." if wants_merchant else "Leave it out for this role.")


async def _managed_place(ctx: Context, place: Place) -> Place:
    """The place with its merchant, which the caller manages and which stays in use."""
    if place.store_id is not None:
        store = await StoreRepository(ctx).lock(place.store_id)
        wrong_merchant = store is not None and place.merchant_id not in (None, store.merchant_id)
        if store is None or wrong_merchant or store.closed_at is not None:
            raise StoreNotFound("There is no such open store, or you may not manage it.")
        return Place(store.merchant_id, store.id)
    if place.merchant_id is not None:
        await lock_active(ctx, place.merchant_id)
    elif not ctx.caller.sees_everything:
        raise Forbidden("Only an administrator adds administrators.")
    return place


def _described(member: Membership) -> dict[str, str | None]:
    return {
        "email": member.email,
        "role": member.role,
        "merchant": global_id("Merchant", member.merchant_id) if member.merchant_id else None,
        "store": global_id("Store", member.store_id) if member.store_id else None,
    }
