"""Importing a folder: what lands, what is told, and that doing it again changes nothing."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import select

from server.contracts.imports import Row
from server.db.audit import AuditEntry
from server.embedded.servers import Servers
from server.imports.engine import run_import
from server.imports.errors import ImportAlreadyRunning, ImportRefused
from server.imports.report import FileReport, Progress
from server.testing import TestPlatform
from tests.server.imports import library
from tests.server.imports.conftest import Rows
from tests.server.imports.library import Application, write

SHELVES = """
    external_id,label
    s1,Novels
    s2,
"""
BOOKS = """
    external_id,shelf_id,title,price,currency,kind,order,bought_at
    b1,s1,Middlemarch,12.50,GBP,paper,1,2024-05-31T14:30:00+02:00
    b2,s2,Emma,,,,,2024-05-31 14:30
"""


async def test_stores_typed_values_and_resolved_references(
    application: Application, platform: TestPlatform, rows: Rows, tmp_path: Path
) -> None:
    write(tmp_path, shelves=SHELVES, books=BOOKS)

    report = await run_import(application, platform.record, tmp_path)

    assert report.warnings == ()
    assert report.files == (
        FileReport("shelves", read=2, inserted=2, updated=0, unchanged=0, rejected=0),
        FileReport("books", read=2, inserted=2, updated=0, unchanged=0, rejected=0),
    )
    assert await rows("SELECT external_id, label FROM sample_shelf ORDER BY 1") == [
        ("s1", "Novels"),
        ("s2", None),
    ]
    assert await rows(
        "SELECT b.external_id, s.external_id, title, price, currency, kind, b.order, bought_at "
        "FROM sample_book b JOIN sample_shelf s ON s.id = shelf_id ORDER BY 1"
    ) == [
        (
            "b1",
            "s1",
            "Middlemarch",
            Decimal("12.50"),
            "GBP",
            "paper",
            1,
            datetime(2024, 5, 31, 12, 30, tzinfo=UTC),
        ),
        ("b2", "s2", "Emma", None, None, None, None, datetime(2024, 5, 31, 14, 30, tzinfo=UTC)),
    ]


async def test_changes_nothing_the_second_time(
    application: Application, platform: TestPlatform, rows: Rows, tmp_path: Path
) -> None:
    write(tmp_path, shelves=SHELVES, books=BOOKS)
    await run_import(application, platform.record, tmp_path)
    before = await rows("SELECT xmin::text, external_id FROM sample_book ORDER BY 2")

    report = await run_import(application, platform.record, tmp_path)

    assert [(file.inserted, file.updated, file.unchanged) for file in report.files] == [(0, 0, 2), (0, 0, 2)]
    assert await rows("SELECT xmin::text, external_id FROM sample_book ORDER BY 2") == before


async def test_updates_what_changed(
    application: Application, platform: TestPlatform, rows: Rows, tmp_path: Path
) -> None:
    write(tmp_path, shelves=SHELVES)
    await run_import(application, platform.record, tmp_path)
    write(tmp_path, shelves="external_id,label\ns1,Poems\ns3,Maps")

    report = await run_import(application, platform.record, tmp_path)

    assert report.files == (FileReport("shelves", read=2, inserted=1, updated=1, unchanged=0, rejected=0),)
    assert await rows("SELECT external_id, label FROM sample_shelf ORDER BY 1") == [
        ("s1", "Poems"),
        ("s2", None),
        ("s3", "Maps"),
    ]


async def test_finds_references_that_landed_earlier(
    application: Application, platform: TestPlatform, tmp_path: Path
) -> None:
    write(tmp_path, shelves=SHELVES)
    await run_import(application, platform.record, tmp_path)
    (tmp_path / "shelves.csv").unlink()
    write(tmp_path, books=BOOKS)

    report = await run_import(application, platform.record, tmp_path)

    assert report.file("books").inserted == 2


async def test_reads_local_times_in_the_platform_s_zone(
    application: Application, platform: TestPlatform, rows: Rows, tmp_path: Path
) -> None:
    away = await TestPlatform.create(platform.facet, timezone="America/New_York")
    write(tmp_path, shelves=SHELVES, books=BOOKS)

    await run_import(application, away.record, tmp_path)

    assert await Rows(away)("SELECT bought_at FROM sample_book ORDER BY external_id") == [
        (datetime(2024, 5, 31, 12, 30, tzinfo=UTC),),
        (datetime(2024, 5, 31, 18, 30, tzinfo=UTC),),
    ]


async def test_is_invisible_to_another_platform(
    application: Application, platform: TestPlatform, other_platform: TestPlatform, rows: Rows, tmp_path: Path
) -> None:
    write(tmp_path, shelves=SHELVES)
    await run_import(application, platform.record, tmp_path)
    (tmp_path / "shelves.csv").unlink()
    write(tmp_path, books=BOOKS)

    report = await run_import(application, other_platform.record, tmp_path)

    assert report.file("books").rejected == 2
    assert await Rows(other_platform)("SELECT count(*) FROM sample_shelf") == [(0,)]


async def test_runs_hooks_beside_the_merge(
    application: Application, platform: TestPlatform, rows: Rows, tmp_path: Path
) -> None:
    write(
        tmp_path,
        shelves=SHELVES,
        books=BOOKS,
        readings="book_id,at,reader\nb1,2024-06-01,Ada@example.com\nb1,2024-06-02,ada@example.com",
    )

    report = await run_import(application, platform.record, tmp_path)

    assert report.file("readings").inserted == 2
    assert await rows("SELECT note FROM sample_note ORDER BY note") == [("after 2 2",), ("before 2 0",)]
    assert await rows("SELECT DISTINCT reader FROM sample_reading") == [("ada@example.com",)]


async def test_writes_the_counts_into_the_audit_log(
    application: Application, platform: TestPlatform, tmp_path: Path
) -> None:
    write(tmp_path, shelves="external_id,label\ns1,A\n,B")

    await run_import(application, platform.record, tmp_path)

    async with platform.context() as ctx:
        statement = select(AuditEntry).where(AuditEntry.platform_id == platform.id)
        entries = (await ctx.session.execute(statement)).scalars().all()
    assert [(entry.action, entry.subject, entry.actor_kind) for entry in entries] == [
        ("data.imported", platform.code, "system")
    ]
    counts = {"read": 2, "inserted": 1, "updated": 0, "unchanged": 0, "rejected": 1}
    assert entries[0].after == {"recipe": None, "files": {"shelves": counts}}


async def test_reports_progress(application: Application, platform: TestPlatform, tmp_path: Path) -> None:
    lines = "".join(f"s{number},Label {number}\n" for number in range(2500))
    (tmp_path / "shelves.csv.gz").write_bytes(gzip.compress(f"external_id,label\n{lines}".encode()))
    seen: list[Progress] = []

    await run_import(application, platform.record, tmp_path, report=seen.append)

    assert [(step.file, step.rows_read, step.rows_total, step.done) for step in seen] == [
        ("shelves", 1000, None, False),
        ("shelves", 2000, None, False),
        ("shelves", 2500, 2500, True),
    ]
    assert all(step.share is not None and 0 < step.share <= 1 for step in seen)


async def test_imports_a_recipe_in_its_own_zone(
    application: Application, platform: TestPlatform, rows: Rows, tmp_path: Path
) -> None:
    (tmp_path / "racks.txt").write_text("left\nright\n")

    report = await run_import(application, platform.record, tmp_path, recipe="racks")

    rejected = tmp_path / "rejected" / "books.csv"
    assert report.files == (
        FileReport("shelves", read=2, inserted=2, updated=0, unchanged=0, rejected=0),
        FileReport("books", read=3, inserted=2, updated=0, unchanged=0, rejected=1, rejected_file=rejected),
    )
    assert await rows("SELECT DISTINCT bought_at FROM sample_book") == [
        (datetime(2023, 12, 31, 15, tzinfo=UTC),)
    ]
    assert rejected.read_text().splitlines()[1].startswith("b-nowhere,nowhere,Genji,")


async def test_refuses_a_recipe_whose_files_are_missing_or_columns_unknown(
    application: Application, platform: TestPlatform, rows: Rows, tmp_path: Path
) -> None:
    with pytest.raises(ImportRefused, match=r"racks\.txt is missing; the recipe racks reads it"):
        await run_import(application, platform.record, tmp_path, recipe="racks")
    with pytest.raises(ImportRefused, match="misspelt fills columns that shelves does not have: lable"):
        await run_import(application, platform.record, tmp_path, recipe="misspelt")

    assert await rows("SELECT count(*) FROM sample_shelf") == [(0,)]


async def test_stores_nothing_when_a_later_file_fails(
    application: Application, platform: TestPlatform, rows: Rows, tmp_path: Path
) -> None:
    write(tmp_path, shelves=SHELVES)
    content = gzip.compress(b"external_id,shelf_id,title\n" + b"b,s1,x\n" * 10)
    (tmp_path / "books.csv.gz").write_bytes(content[:-9])

    with pytest.raises(ImportRefused, match=r"books\.csv\.gz: is damaged"):
        await run_import(application, platform.record, tmp_path)

    assert await rows("SELECT count(*) FROM sample_shelf") == [(0,)]


async def test_refuses_a_second_import_of_the_same_platform_at_the_same_time(
    application: Application,
    platform: TestPlatform,
    other_platform: TestPlatform,
    rows: Rows,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(tmp_path, shelves=SHELVES)
    begun, may_go_on = asyncio.Event(), asyncio.Event()

    async def wait(_: Any) -> None:
        begun.set()
        await may_go_on.wait()

    slow = library.SHELVES
    monkeypatch.setattr(library.Registry, "definitions", (with_hook(slow, wait),))
    first = asyncio.create_task(run_import(application, platform.record, tmp_path))
    await begun.wait()
    monkeypatch.undo()

    with pytest.raises(ImportAlreadyRunning, match=f"into the platform {platform.code} is running"):
        await run_import(application, platform.record, tmp_path)
    elsewhere = await run_import(application, other_platform.record, tmp_path)

    may_go_on.set()
    assert (await first).file("shelves").inserted == 2
    assert elsewhere.file("shelves").inserted == 2


def with_hook(file: Any, hook: Any) -> Any:
    return replace(library.LIBRARY, imports=(replace(file, before_merge=hook),), recipes=())


async def test_takes_rows_as_they_come_without_keeping_them(
    application: Application, platform: TestPlatform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive = 0
    most = 0

    class Counted(dict[str, str | None]):
        def __init__(self, number: int) -> None:
            nonlocal alive, most
            super().__init__(external_id=f"s{number}")
            alive += 1
            most = max(most, alive)

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    def many(_: Path) -> Iterator[Row]:
        return (Counted(number) for number in range(20_000))

    monkeypatch.setitem(library.RACKS.files, "shelves", many)
    monkeypatch.delitem(library.RACKS.files, "books")

    report = await run_import(application, platform.record, tmp_path, recipe="racks")

    assert report.file("shelves").inserted == 20_000
    assert most < 10


async def test_tells_the_planner_how_many_rows_the_next_file_may_refer_to(
    application: Application, platform: TestPlatform, rows: Rows, tmp_path: Path
) -> None:
    write(tmp_path, shelves=_shelves(400))

    await run_import(application, platform.record, tmp_path)

    assert await rows("SELECT reltuples >= 400 FROM pg_class WHERE relname = 'sample_shelf'") == [(True,)]


async def test_does_not_wait_for_who_works_on_a_table(
    application: Application, platform: TestPlatform, servers: Servers, tmp_path: Path
) -> None:
    write(tmp_path, shelves=_shelves(10_000))
    owner = await asyncpg.connect(servers.owner)
    try:
        async with asyncio.timeout(60), owner.transaction():
            await owner.execute("LOCK TABLE sample_shelf IN SHARE UPDATE EXCLUSIVE MODE")
            report = await run_import(application, platform.record, tmp_path)
    finally:
        await owner.close()

    assert [file.inserted for file in report.files] == [10_000]


def _shelves(count: int) -> str:
    return "\n".join(["external_id,label", *(f"s{number},Shelf" for number in range(count))])
