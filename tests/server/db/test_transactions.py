"""Sessions: one round trip to begin, one platform each, nothing left behind."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from server.app import Facet
from server.db.session import Session
from server.testing import TestPlatform

SETTING = text("SELECT current_setting('facet.platform_id', true)")


async def sent_to_driver(session: Session, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is sent beside prepared statements from now on."""
    sent: list[str] = []
    raw = await (await session.connection()).get_raw_connection()
    driver: Any = raw.driver_connection
    original = type(driver).execute

    async def execute(self: Any, query: str, *args: Any, **kwargs: Any) -> Any:
        sent.append(query)
        return await original(self, query, *args, **kwargs)

    monkeypatch.setattr(type(driver), "execute", execute)
    return sent


async def test_begins_with_its_platform_in_one_round_trip(
    facet: Facet, platform: TestPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with facet.database.session(platform.id) as session:
        sent = await sent_to_driver(session, monkeypatch)
        await session.rollback()
        sent.clear()

        assert await session.scalar(SETTING) == str(platform.id)
        await session.commit()

    assert sent == [f"BEGIN; SET LOCAL facet.platform_id = '{platform.id}'", "COMMIT"]


async def test_leaves_no_platform_to_the_next_borrower(facet: Facet, platform: TestPlatform) -> None:
    async with facet.database.session(platform.id) as session:
        await session.execute(SETTING)
        await session.commit()

    async with facet.database.session(None) as session:
        assert await session.scalar(SETTING) in (None, "")


async def test_a_reading_session_refuses_to_write(facet: Facet, platform: TestPlatform) -> None:
    async with facet.database.session(platform.id, read_only=True) as session:
        with pytest.raises(DBAPIError, match="read-only transaction"):
            await session.execute(
                text("INSERT INTO platform_module (platform_id, module_code) VALUES (:id, 'x')"),
                {"id": platform.id},
            )


async def test_a_reading_session_sees_one_snapshot(facet: Facet, platform: TestPlatform) -> None:
    count = text("SELECT count(*) FROM audit_entry")
    async with facet.database.session(platform.id, read_only=True) as reader:
        before = await reader.scalar(count)
        async with platform.context() as ctx:
            ctx.audit("test.meanwhile")

        assert await reader.scalar(count) == before


async def test_siblings_may_share_it(facet: Facet, platform: TestPlatform) -> None:
    async with facet.database.session(platform.id) as session:
        numbers = await asyncio.gather(
            *(session.scalar(text("SELECT CAST(:n AS int)"), {"n": n}) for n in range(20))
        )

    assert numbers == list(range(20))


async def test_a_cancelled_operation_gives_its_connection_back_clean(
    facet: Facet, platform: TestPlatform
) -> None:
    started = asyncio.Event()

    async def work() -> None:
        async with facet.database.session(platform.id) as session:
            await session.execute(SETTING)
            started.set()
            await session.execute(text("SELECT pg_sleep(30)"))

    task = asyncio.ensure_future(work())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    idle = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
    )
    async with facet.database.session(None) as session:
        assert await session.scalar(idle) == 0
    assert facet.database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]  # of the queue pool


async def test_what_waits_for_the_commit_is_dropped_by_a_rollback(platform: TestPlatform) -> None:
    done: list[str] = []

    async def note() -> None:
        done.append("ran")

    async def fail() -> None:
        async with platform.context() as ctx:
            ctx.after_commit(note)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert done == []

    async with platform.context() as ctx:
        ctx.after_commit(note)
        assert done == []
    assert done == ["ran"]
