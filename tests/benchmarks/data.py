"""The rows that are measured, written by SQL straight into the modules' tables: the same on every run.

Platform `bench` has merchants of one shape: 5 stores, 500 customers, 25 subscriptions and 4 people each. Those
beyond the first 2,000 are small, so that a merchant that is asked about is the same however many there are. The
platforms `p01` to `p40` have one such merchant each and differ in their modules. Everything lies before the day it
is written, most of it within two years.

    python -m tests.benchmarks.prepared <folder> [<merchants>]
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import asyncpg
import orjson
from sqlalchemy.ext.asyncio import create_async_engine

from modules.billing.ledger import EVERY
from server.db.engine import async_url

Connection: TypeAlias = "asyncpg.Connection[Any]"

MERCHANTS, MANY_MERCHANTS, SMALL_PLATFORMS = 2_000, 200_000, 40
MODULE_SETS: tuple[tuple[str, ...], ...] = (("billing", "customers"), ("billing",), ("customers",), ())
"""What the platforms `p01`, `p02`, … have on, in turn; `bench` has the first."""
FIRST_OF_PLATFORM = 1_000_000
"""The merchant of the platform with id n has the id n million; those of `bench` begin at 1."""

# Merchants and what they have. Merchant 7 of `bench` is the same merchant in every installation.
PLAN = """
    CREATE TEMPORARY TABLE plan AS
    SELECT number::bigint AS id, 1 AS platform_id, number, 5 AS stores, 100 AS buyers, 25 AS subscriptions
    FROM generate_series(1, least($1, 2000)) AS number
    UNION ALL
    SELECT number, 1, number, 1, 3, 1 FROM generate_series(2001, $1) AS number
    UNION ALL
    SELECT platform_id * 1000000::bigint, platform_id, 7, 5, 100, 25 FROM generate_series(2, 1 + $2) AS platform_id
"""

# Midnight before the rows are written; `back` turns days into instants during opening hours.
BACK = """
    CREATE FUNCTION pg_temp.back(days bigint, minutes bigint DEFAULT 0) RETURNS timestamptz STABLE LANGUAGE sql
    RETURN date_trunc('day', now(), 'UTC')
        - make_interval(days => days::int) + make_interval(mins => (480 + minutes % 600)::int)
"""


async def fill(owner_url: str, merchants: int = MERCHANTS) -> None:
    """Write everything into a database that was just migrated."""
    connection = await asyncpg.connect(owner_url, server_settings={"jit": "off", "work_mem": "256MB"})
    try:
        async with connection.transaction():
            await connection.execute(BACK)
            await connection.execute(PLAN.replace("$1", str(merchants)).replace("$2", str(SMALL_PLATFORMS)))
            await connection.execute("ANALYZE plan")
            await platforms(connection)
            await accounts(connection)
            await sessions(connection)
            await merchant_rows(connection)
            await stores(connection)
            await memberships(connection)
            await customers(connection)
            await tiers(connection)
            await subscriptions(connection)
            await subscription_changes(connection)
        await connection.execute("VACUUM (ANALYZE)")
        await movements(owner_url)
        await move_sequences(connection)
        await connection.execute("VACUUM (ANALYZE)")
    finally:
        await connection.close()


async def platforms(connection: Connection) -> None:
    """`bench` and the small ones."""
    await connection.executemany(
        "INSERT INTO platform (id, code, name, default_modules) VALUES ($1, $2, $2, $3::jsonb)",
        [(id_, code, _json(MODULE_SETS[(id_ - 1) % 4])) for id_, code in enumerate(codes(), start=1)],
    )


async def accounts(connection: Connection) -> None:
    """An administrator and a member of a merchant for each platform, who never sign in: see `sessions`."""
    await connection.execute(
        """
        INSERT INTO user_account (id, email, name)
        SELECT 2 * p.id - who.number, p.code || '-' || who.kind || '@bench.test', initcap(who.kind)
        FROM platform p, (VALUES (1, 'admin'), (0, 'member')) AS who (number, kind)
        """
    )


async def sessions(connection: Connection) -> None:
    """A session for each account with the token that `token_of` tells."""
    await connection.execute(
        """
        INSERT INTO user_session (platform_id, user_id, token_hash, expires_at)
        SELECT p.id, u.id, sha256(convert_to('fs_' || rpad(split_part(u.email, '@', 1), 43, '0'), 'UTF8')),
            now() + interval '400 days'
        FROM user_account u JOIN platform p ON p.code = split_part(u.email, '-', 1)
        """
    )


async def merchant_rows(connection: Connection) -> None:
    """Merchants whose names sort as their numbers."""
    await connection.execute(
        """
        INSERT INTO tenancy_merchant (id, platform_id, created_at, external_id, name)
        SELECT id, platform_id, pg_temp.back(720 + number % 300), 'm-' || number,
            'Merchant ' || lpad(number::text, 6, '0')
        FROM plan
        """
    )


async def stores(connection: Connection) -> None:
    """The first four of a merchant have been there for long, the fifth opened lately; every 20th is closed."""
    await connection.execute(
        """
        INSERT INTO tenancy_store (id, platform_id, merchant_id, created_at, closed_at, external_id, name,
            city, region, postal_code, country_code, phone)
        SELECT plan.id * 10 + n, platform_id, plan.id,
            pg_temp.back(CASE WHEN n < 5 THEN 100 + (number * 7 + n * 90) % 600 ELSE 3 + number % 50 END, number),
            CASE WHEN (number + n) % 20 = 0 THEN pg_temp.back(1 + number % 2) END,
            's-' || number || '-' || n, 'Store ' || number || ' in street ' || n,
            'City ' || number % 300, 'Region ' || number % 20, lpad((number % 90000)::text, 5, '0'),
            (ARRAY['LU', 'FR', 'DE', 'BE'])[1 + number % 4], '+352 26 ' || lpad((number * 7 + n)::text, 6, '0')
        FROM plan, generate_series(1, stores) AS n
        """
    )


async def memberships(connection: Connection) -> None:
    """The platforms' administrators, the members with an account, and three people more for each merchant."""
    await connection.execute(
        """
        INSERT INTO tenancy_membership (platform_id, created_at, user_id, email, name, role, merchant_id)
        SELECT p.id, pg_temp.back(700), u.id, u.email, u.name,
            CASE WHEN merchant.id IS NULL THEN 'platform_admin' ELSE 'merchant_member' END, merchant.id
        FROM user_account u JOIN platform p ON p.code = split_part(u.email, '-', 1)
        LEFT JOIN plan AS merchant
            ON u.email LIKE '%-member@%' AND merchant.platform_id = p.id AND merchant.number = 7
        """
    )
    await connection.execute(
        """
        INSERT INTO tenancy_membership (platform_id, created_at, ended_at, external_id, email, name, role,
            merchant_id)
        SELECT platform_id, pg_temp.back(5 + (number * 3 + n * 100) % 700),
            CASE WHEN (number + n) % 11 = 0 THEN pg_temp.back(2) END,
            't-' || number || '-' || n, number || '-' || n || '@team.test', 'Person ' || n, 'merchant_member', id
        FROM plan, generate_series(1, 3) AS n
        """
    )


async def customers(connection: Connection) -> None:
    """`buyers` for each store, come over two years, a hundredth of them archived since."""
    await connection.execute(
        """
        INSERT INTO customers_customer (platform_id, created_at, merchant_id, store_id, external_id, name, email,
            archived_at)
        SELECT platform_id, pg_temp.back(1 + (n * 7 + store * 131 + number) % 700, n * 13), plan.id,
            plan.id * 10 + store, 'c-' || number || '-' || store || '-' || n, 'Buyer ' || n,
            'c' || number || '-' || store || '-' || n || '@buyers.test',
            CASE WHEN (n + number) % 100 = 0 THEN pg_temp.back(n % 60) END
        FROM plan, generate_series(1, stores) AS store, generate_series(1, buyers) AS n
        """
    )


async def tiers(connection: Connection) -> None:
    """Four for each platform, one of them yearly."""
    await connection.execute(
        """
        INSERT INTO billing_tier (id, platform_id, code, name, amount_minor, currency, interval)
        SELECT p.id * 10 + n, p.id, 'tier-' || n, 'Tier ' || n, amount, 'EUR', interval
        FROM platform p, (VALUES (1, 1900, 'month'), (2, 4900, 'month'), (3, 9900, 'month'), (4, 99000, 'year'))
            AS t (n, amount, interval)
        """
    )


async def subscriptions(connection: Connection) -> None:
    """Every third begins with a trial of two weeks, every fifth has ended."""
    await connection.execute(
        """
        INSERT INTO billing_subscription (id, platform_id, merchant_id, external_id, tier_id, amount_minor, currency,
            interval, quantity, started_at, trial_ends_at, ended_at)
        SELECT plan.id * 100 + n, plan.platform_id, plan.id, 'u-' || number || '-' || n, t.id, t.amount_minor,
            t.currency, t.interval, 1 + n % 3, started_at,
            CASE WHEN n % 3 = 0 THEN started_at + interval '14 days' END,
            CASE WHEN n % 5 = 0 THEN started_at + make_interval(days => (18 + number % 11)) END
        FROM plan, generate_series(1, subscriptions) AS n,
            LATERAL (SELECT pg_temp.back(20 + (n * 27 + number * 5) % 600, n) AS started_at) AS start,
            LATERAL (SELECT * FROM billing_tier WHERE id = plan.platform_id * 10 + 1 + n % 4) AS t
        """
    )


async def subscription_changes(connection: Connection) -> None:
    """Every second one grew later on; every eighth was late with its payment, of which half paused."""
    await connection.execute(
        """
        INSERT INTO billing_subscription_change (platform_id, subscription_id, at, amount_minor, quantity, status)
        SELECT platform_id, s.id, at, NULL::bigint, quantity + 1, NULL
        FROM billing_subscription s, LATERAL (SELECT started_at + interval '19 days' AS at) AS change
        WHERE id % 2 = 0 AND at < pg_temp.back(1) AND (ended_at IS NULL OR at < ended_at)
        UNION ALL
        SELECT platform_id, s.id, at, NULL, NULL::bigint, 'past_due'
        FROM billing_subscription s, LATERAL (SELECT started_at + interval '16 days' AS at) AS change
        WHERE id % 8 = 3 AND at < pg_temp.back(1) AND (ended_at IS NULL OR at < ended_at)
        UNION ALL
        SELECT platform_id, s.id, at, amount_minor + 100, NULL, CASE WHEN id % 16 = 3 THEN 'paused' ELSE 'active' END
        FROM billing_subscription s, LATERAL (SELECT started_at + interval '17 days' AS at) AS change
        WHERE id % 8 = 3 AND at < pg_temp.back(1) AND (ended_at IS NULL OR at < ended_at)
        """
    )


async def movements(owner_url: str) -> None:
    """The ledger, derived from the subscriptions by billing's own statement."""
    engine = create_async_engine(async_url(owner_url))
    values = {"grace": timedelta(days=30), "now": datetime.now(UTC)}
    try:
        async with engine.begin() as connection:
            for platform_id in range(1, 2 + SMALL_PLATFORMS):
                await connection.execute(EVERY, {"platform_id": platform_id, **values})
    finally:
        await engine.dispose()


async def move_sequences(connection: Connection) -> None:
    """Let what is written later continue behind the ids that were given here."""
    for table in (
        *("platform", "user_account", "tenancy_merchant", "tenancy_store", "billing_tier"),
        "billing_subscription",
    ):
        await connection.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
        )


def codes() -> list[str]:
    """The platforms in the order of their ids, which begin at 1."""
    return ["bench", *(f"p{number:02d}" for number in range(1, SMALL_PLATFORMS + 1))]


def token_of(code: str, kind: str = "admin") -> str:
    """The session token of a platform's administrator or (`member`) of the one who works for its merchant."""
    return "fs_" + f"{code}-{kind}".ljust(43, "0")


def modules_of(code: str) -> tuple[str, ...]:
    """The optional modules that are on there."""
    return MODULE_SETS[codes().index(code) % 4]


def merchant_of(code: str) -> int:
    """The merchant that dashboards are about."""
    place = codes().index(code)
    return (place + 1) * FIRST_OF_PLATFORM if place else 7


def _json(values: tuple[str, ...]) -> str:
    return orjson.dumps(values).decode()
