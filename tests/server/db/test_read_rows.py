"""Rows straight from the driver: named access, one snapshot with the ORM, and a failure that costs only itself."""

import asyncio
from typing import Any

import asyncpg
import pytest
from sqlalchemy import ARRAY, BigInteger, Integer, any_, bindparam, select, text
from sqlalchemy.exc import DBAPIError, InvalidRequestError

from server.app import Facet
from server.db.audit import AuditEntry
from server.platforms.models import Platform
from server.testing import TestPlatform, count_statements

NAMED = select(Platform.id, Platform.code, Platform.created_at).where(
    Platform.id == any_(bindparam("ids", type_=ARRAY(BigInteger())))
)
DOUBLED = text("SELECT CAST(:number AS integer) * 2 AS twice").bindparams(
    bindparam("number", type_=Integer())
)
BROKEN = text("SELECT 1 / 0 AS nothing")


async def test_rows_have_names_and_places(facet: Facet, platform: TestPlatform) -> None:
    async with facet.database.session(platform.id, read_only=True) as session:
        (row,) = await session.rows(NAMED, {"ids": [platform.id]})

    assert (row.id, row.code) == (platform.id, platform.record.code)
    assert (row[0], row["code"]) == (platform.id, platform.record.code)
    id_, _, created_at = row
    assert id_ == platform.id
    assert created_at.tzinfo is not None
    with pytest.raises(AttributeError, match="no column timezone"):
        _ = row.timezone


async def test_a_statement_made_once_takes_other_values_each_time(facet: Facet) -> None:
    async with facet.database.session(None, read_only=True) as session:
        answers = [(await session.rows(DOUBLED, {"number": number}))[0].twice for number in (1, 20)]

    assert answers == [2, 40]


async def test_a_statement_made_for_each_call_holds_its_own_values(facet: Facet) -> None:
    async with facet.database.session(None, read_only=True) as session:
        answers = [
            (await session.rows(select(Platform.id).where(Platform.code == code)))
            for code in ("nobody", "nothing")
        ]

    assert answers == [[], []]


async def test_refuses_a_missing_value_before_it_is_sent(facet: Facet) -> None:
    async with facet.database.session(None, read_only=True) as session:
        missing = pytest.raises(InvalidRequestError, match="The parameter ids has no value")
        with count_statements(facet) as statements, missing:
            await session.rows(NAMED)

    assert statements == []


async def test_refuses_a_list_that_would_make_a_statement_for_each_length(facet: Facet) -> None:
    async with facet.database.session(None, read_only=True) as session:
        with pytest.raises(InvalidRequestError, match="any_"):
            await session.rows(select(Platform.id).where(Platform.id.in_([1, 2])))


async def test_converts_what_the_driver_leaves_as_it_comes(facet: Facet, platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        ctx.audit("test.noted", subject="it", after={"number": 1})
    wanted = select(AuditEntry.subject, AuditEntry.after).where(AuditEntry.action == "test.noted")

    async with facet.database.session(platform.id, read_only=True) as session:
        (row,) = await session.rows(wanted)

    assert (row.subject, row.after) == ("it", {"number": 1})


async def test_another_platform_sees_no_rows(
    facet: Facet, platform: TestPlatform, other_platform: TestPlatform
) -> None:
    async with platform.context() as ctx:
        ctx.audit("test.noted", subject="it")
    wanted = select(AuditEntry.subject).where(AuditEntry.action == "test.noted")

    async with facet.database.session(other_platform.id, read_only=True) as session:
        assert await session.rows(wanted) == []
    async with facet.database.session(None, read_only=True) as session:
        assert await session.rows(wanted) == []


async def test_shares_its_snapshot_with_the_orm(facet: Facet, platform: TestPlatform) -> None:
    name = select(Platform.name).where(Platform.id == platform.id)

    async with facet.database.session(platform.id, read_only=True) as session:
        before = (await session.rows(name))[0].name
        async with facet.database.begin(None) as other:
            await other.execute(
                text("UPDATE platform SET name = 'Changed' WHERE id = :id"), {"id": platform.id}
            )
        assert await session.scalar(name) == before
        assert (await session.rows(name))[0].name == before

    async with facet.database.session(platform.id, read_only=True) as session:
        assert await session.scalar(name) == "Changed"
        assert (await session.rows(name))[0].name == "Changed"


async def test_sees_what_its_own_transaction_has_written(facet: Facet, platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        ctx.audit("test.noted", subject="unsent")
        await ctx.session.flush()
        wanted = select(AuditEntry.subject).where(AuditEntry.action == "test.noted")
        assert [row.subject for row in await ctx.session.rows(wanted)] == ["unsent"]


@pytest.mark.parametrize("way", ["rows", "execute"])
async def test_a_statement_that_fails_costs_itself_only(
    facet: Facet, platform: TestPlatform, way: str
) -> None:
    async with facet.database.session(platform.id, read_only=True) as session:
        transaction = text("SELECT now() AS began")
        before = (await session.rows(transaction))[0].began
        with pytest.raises(DBAPIError, match="division by zero"):
            await getattr(session, way)(BROKEN)

        assert (await session.rows(transaction))[0].began == before
        assert (await session.rows(text("SELECT current_setting('facet.platform_id') AS id")))[0].id == str(
            platform.id
        )


async def test_one_message_begins_and_one_ends(
    facet: Facet, platform: TestPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    original = asyncpg.Connection.execute

    async def execute(self: Any, query: str, *args: Any, **kwargs: Any) -> Any:
        sent.append(query)
        return await original(self, query, *args, **kwargs)

    monkeypatch.setattr(asyncpg.Connection, "execute", execute)
    async with facet.database.session(platform.id, read_only=True) as session:
        await session.rows(DOUBLED, {"number": 1})
        await session.rows(DOUBLED, {"number": 2})

    begin = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
    assert sent == [f"{begin}; SET LOCAL facet.platform_id = '{platform.id}'; SAVEPOINT start", "COMMIT"]


async def test_siblings_queue(facet: Facet) -> None:
    async with facet.database.session(None, read_only=True) as session:
        answers = await asyncio.gather(*(session.rows(DOUBLED, {"number": n}) for n in range(20)))

    assert [rows[0].twice for rows in answers] == [2 * n for n in range(20)]


async def test_a_closed_session_refuses_and_keeps_no_connection(facet: Facet) -> None:
    session = facet.database.session(None, read_only=True)
    await session.rows(DOUBLED, {"number": 1})
    await session.close()

    with pytest.raises(InvalidRequestError, match="closed"):
        await session.rows(DOUBLED, {"number": 1})
    assert facet.database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]  # of the queue pool


async def test_a_cancelled_statement_leaves_nothing_behind(facet: Facet, platform: TestPlatform) -> None:
    session = facet.database.session(platform.id, read_only=True)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await session.rows(text("SELECT pg_sleep(5)"))
    await session.close()

    assert facet.database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]  # of the queue pool
