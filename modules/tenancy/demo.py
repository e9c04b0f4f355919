"""Demo data: two platforms, the people who sign in to them, merchants with stores and teams."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from random import Random

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from modules.tenancy.models import Membership, Merchant, Store
from server.auth.models import UserAccount
from server.context import Context
from server.contracts.demo import DemoData, DemoPlatform, DemoSeed, DemoUser
from server.contracts.imports import Row
from server.contracts.permissions import MERCHANT_MEMBER, PLATFORM_ADMIN, STORE_STAFF
from server.platforms.invalidation import account_changed

PLATFORMS = (
    DemoPlatform(
        "oms", "Order Management", "Europe/Luxembourg", "EUR", merchants=40, stores=120, buyers=20_000
    ),
    DemoPlatform(
        "loyalty", "Loyalty Programme", "Europe/Paris", "EUR", merchants=12, stores=30, buyers=5_000
    ),
)
USERS = (
    DemoUser("root@demo.test", "Robin Root", "operator, all platforms", is_operator=True),
    DemoUser("oms-admin@demo.test", "Olga Admin", "administrator of oms"),
    DemoUser("loyalty-admin@demo.test", "Luc Admin", "administrator of loyalty"),
    DemoUser("merchant@demo.test", "Mina Merchant", "one merchant, on oms and on loyalty"),
    DemoUser("staff@demo.test", "Sam Staff", "one store on oms"),
)
TRADES = (
    "Bakery",
    "Books",
    "Bikes",
    "Coffee",
    "Cheese",
    "Ceramics",
    "Flowers",
    "Garden",
    "Music",
    "Optics",
    "Toys",
    "Wine",
)
PLACES = {
    "Alzette": ("Schifflange", "Esch-sur-Alzette", "L-3801"),
    "Clervaux": ("Clervaux", "Clervaux", "L-9701"),
    "Echternach": ("Echternach", "Echternach", "L-6401"),
    "Esch": ("Esch-sur-Alzette", "Esch-sur-Alzette", "L-4001"),
    "Grund": ("Luxembourg", "Luxembourg", "L-1610"),
    "Kirchberg": ("Luxembourg", "Luxembourg", "L-1855"),
    "Limpertsberg": ("Luxembourg", "Luxembourg", "L-1330"),
    "Remich": ("Remich", "Remich", "L-5501"),
    "Vianden": ("Vianden", "Vianden", "L-9401"),
    "Wiltz": ("Wiltz", "Wiltz", "L-9501"),
}
"""What stores are named after, with the city, the canton and the postal code."""
PLACE_NAMES = tuple(PLACES)
FIRST_NAMES = (
    "Ana",
    "Ben",
    "Chloé",
    "David",
    "Elena",
    "Farid",
    "Greta",
    "Hugo",
    "Ines",
    "Jonas",
    "Kim",
    "Lea",
)
LAST_NAMES = ("Becker", "Costa", "Dupont", "Engel", "Faber", "Garcia", "Hoffmann", "Klein", "Muller", "Weber")
TITLES = ("owner", "manager", "accountant", "clerk")


def working_hours(day: date, random: Random) -> str:
    """A local time of that day."""
    return datetime.combine(day, time(random.randint(8, 18), random.randint(0, 59))).isoformat()


def merchants(seed: DemoSeed) -> Iterator[Row]:
    """The rows of merchants.csv."""
    random = seed.random("merchants")
    for number, external_id in enumerate(seed.merchant_ids()):
        trade, place = TRADES[number % len(TRADES)], PLACE_NAMES[number * 7 % len(PLACES)]
        created_at = working_hours(seed.joined(external_id), random)
        yield {"external_id": external_id, "name": f"{place} {trade}", "created_at": created_at}


def stores(seed: DemoSeed) -> Iterator[Row]:
    """The rows of stores.csv, named after their merchant and place, where they are."""
    random = seed.random("stores")
    names = {row["external_id"]: row["name"] for row in merchants(seed)}
    for number, (external_id, merchant_id) in enumerate(seed.store_ids()):
        place = _place(number, len(names))
        city, canton, postal_code = PLACES[place]
        yield {
            "external_id": external_id,
            "merchant_id": merchant_id,
            "name": f"{names[merchant_id]} {place}",
            "created_at": working_hours(seed.opened(external_id, merchant_id), random),
            "city": city,
            "region": canton,
            "postal_code": postal_code,
            "country_code": "LU",
            "phone": _phone(number),
        }


def _place(number: int, merchants: int) -> str:
    """Another place than its merchant's, and for each of a merchant's stores another one."""
    return PLACE_NAMES[((number % merchants) * 7 + 1 + number // merchants) % len(PLACES)]


def _phone(number: int) -> str:
    """A number that nobody has: none in Luxembourg begins with a zero."""
    return f"+352 01 {number // 100:02d} {number % 100:02d}"


def team_members(seed: DemoSeed) -> Iterator[Row]:
    """Two to five people for each merchant."""
    random = seed.random("team")
    for merchant in merchants(seed):
        for number in range(random.randint(2, 5)):
            first, last = random.choice(FIRST_NAMES), random.choice(LAST_NAMES)
            external_id = f"{merchant['external_id']}-t{number + 1}"
            yield {
                "external_id": external_id,
                "merchant_id": merchant["external_id"],
                "email": f"{external_id}@{seed.platform.code}.example",
                "name": f"{first} {last}",
                "role": TITLES[min(number, len(TITLES) - 1)],
                "created_at": merchant["created_at"],
            }


async def add_memberships(ctx: Context) -> None:
    """Give the demo's people their roles on this platform."""
    emails = {user.email for user in USERS}
    accounts = {
        account.email: account
        for account in (
            await ctx.session.execute(select(UserAccount).where(UserAccount.email.in_(emails)))
        ).scalars()
    }
    merchant_id = await ctx.session.scalar(
        select(Merchant.id).where(Merchant.platform_id == ctx.platform_id, Merchant.external_id == "m-001")
    )
    store_id = await ctx.session.scalar(
        select(Store.id).where(Store.platform_id == ctx.platform_id, Store.external_id == "s-001")
    )
    code = ctx.current_platform.code
    roles = {
        f"{code}-admin@demo.test": (PLATFORM_ADMIN, None, None),
        "merchant@demo.test": (MERCHANT_MEMBER, merchant_id, None),
    }
    if code == PLATFORMS[0].code:
        roles["staff@demo.test"] = (STORE_STAFF, merchant_id, store_id)
    rows = [
        {
            "platform_id": ctx.platform_id,
            "user_id": accounts[email].id,
            "email": email,
            "name": accounts[email].name,
            "role": role,
            "merchant_id": merchant,
            "store_id": store,
            "external_id": f"demo-{email}",
        }
        for email, (role, merchant, store) in roles.items()
    ]
    await ctx.session.execute(insert(Membership).values(rows).on_conflict_do_nothing())
    for account in accounts.values():
        account_changed(ctx, account.id)


DEMO = DemoData(
    platforms=PLATFORMS,
    users=USERS,
    rows={"merchants": merchants, "stores": stores, "team_members": team_members},
    finish=add_memberships,
)
