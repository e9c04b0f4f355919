"""The demo is started twice at once, and killed half-way: it is whole, or not there yet."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from server.clock import SystemClock, local_day
from server.contracts.demo import DemoSeed
from server.db.engine import async_url
from server.embedded import EmbeddedPostgres, start_postgres, stop_unused_postgres, stop_unused_valkey
from server.embedded.databases import SUPERUSER
from server.platforms.registry import Registry
from tests.scenarios.reliability.processes import running

TABLES = {"merchants": "tenancy_merchant", "stores": "tenancy_store", "customers": "customers_customer"}
COPYING = "SELECT count(*) FROM pg_stat_progress_copy WHERE tuples_processed > 0"
LOADED = "SELECT count(*) FROM audit_entry WHERE action = 'demo.loaded'"


@pytest.fixture
def data_dir() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="facet-"))
    yield folder
    stop_unused_postgres(folder)
    stop_unused_valkey(folder)
    shutil.rmtree(folder)


async def test_the_demo_is_loaded_once_and_whole(data_dir: Path, registry: Registry) -> None:
    start = ["server", "demo", "--no-serve"]
    environment = {"FACET_DATA_DIR": str(data_dir)}
    async with asyncio.timeout(300):
        async with running(*start, **environment) as one, running(*start, **environment) as two:
            postgres = await asyncio.to_thread(start_postgres, data_dir)
            engine = _superuser(postgres)
            async with engine.connect() as connection:
                while not await _count(connection, COPYING):
                    assert (one.returncode, two.returncode) == (None, None)
                one.kill()
                two.kill()
                await asyncio.gather(one.wait(), two.wait())

        async with running(*start, **environment) as one, running(*start, **environment) as two:
            said = await asyncio.gather(one.communicate(), two.communicate())
            assert (one.returncode, two.returncode) == (0, 0), said

        async with engine.connect() as connection:
            found = await _rows(connection)
            assert found == expected(registry)
            assert await _count(connection, LOADED) == len(found)
        await engine.dispose()
    postgres.stop()


def expected(registry: Registry) -> dict[str, dict[str, int]]:
    """How many rows the modules declare, by platform and file."""
    declared = [(d, d.demo) for d in registry.definitions if d.demo]
    counts: dict[str, dict[str, int]] = {}
    for platform in [platform for _, demo in declared for platform in demo.platforms]:
        # What the rows are depends on the day; how many there are may, too.
        seed = DemoSeed(platform, local_day(SystemClock().now(), ZoneInfo(platform.timezone)))
        counts[platform.code] = {
            name: sum(1 for _ in demo.rows[name](seed)) if platform.code not in demo.off_on else 0
            for _, demo in declared
            for name in demo.rows
            if name in TABLES
        }
    return counts


async def _rows(connection: AsyncConnection) -> dict[str, dict[str, int]]:
    codes = await connection.execute(text("SELECT code, id FROM platform"))
    return {
        code: {
            name: await _count(connection, f"SELECT count(*) FROM {table} WHERE platform_id = {id}")
            for name, table in TABLES.items()
        }
        for code, id in codes.all()
    }


async def _count(connection: AsyncConnection, query: str) -> int:
    found = (await connection.execute(text(query))).scalar_one()
    await connection.rollback()
    return int(found)


def _superuser(postgres: EmbeddedPostgres) -> AsyncEngine:
    """Who sees the rows of every platform."""
    return create_async_engine(async_url(postgres.owner_url.replace("facet_owner", SUPERUSER, 1)))
