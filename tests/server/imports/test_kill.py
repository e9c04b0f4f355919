"""Killing an import: nothing of it is stored, and running it again completes it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from server.embedded.servers import Servers
from server.imports.engine import LOCK, run_import
from server.testing import TestPlatform
from tests.server.imports.conftest import Rows
from tests.server.imports.library import Application

BOOKS = 5_000


@contextmanager
def stopped_import(
    servers: Servers, platform: TestPlatform, folder: Path, file: str, rows: int
) -> Iterator[int]:
    """A process that stands still in the middle of importing `folder`; its id."""
    arguments = [servers.app_url, str(platform.id), str(folder), file, str(rows)]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.server.imports.importing", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        assert process.stdout.readline() == "stopped\n"
        yield process.pid
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shelves.csv").write_text("external_id,label\ns1,Novels\n")
    books = "".join(f"b{number},s1,Book {number}\n" for number in range(BOOKS))
    (tmp_path / "books.csv").write_text(f"external_id,shelf_id,title\n{books}b,s9,Lost\n")
    return tmp_path


@pytest.mark.parametrize(("file", "stop_after"), [("shelves", 1), ("books", 1_000), ("books", BOOKS + 1)])
async def test_stores_nothing_and_is_completed_by_running_again(
    application: Application,
    platform: TestPlatform,
    rows: Rows,
    servers: Servers,
    folder: Path,
    file: str,
    stop_after: int,
) -> None:
    with stopped_import(servers, platform, folder, file, stop_after):
        assert await rows("SELECT count(*) FROM sample_shelf") == [(0,)]
    await until_the_lock_is_free(platform)

    assert await rows("SELECT count(*) FROM sample_shelf") == [(0,)]
    assert await rows("SELECT count(*) FROM sample_book") == [(0,)]
    assert await rows("SELECT count(*) FROM audit_entry") == [(0,)]
    assert not (folder / "rejected").exists()

    report = await run_import(application, platform.record, folder)

    assert (report.file("shelves").inserted, report.file("books").inserted) == (1, BOOKS)
    assert await rows("SELECT count(*) FROM sample_book") == [(BOOKS,)]


async def until_the_lock_is_free(platform: TestPlatform) -> None:
    """PostgreSQL notices a dead client at its next message; then it rolls back."""
    waiting = text(str(LOCK).replace("pg_try_advisory_xact_lock", "pg_advisory_xact_lock"))
    async with platform.facet.database.session(platform.id) as session:
        await session.execute(waiting, {"platform_id": platform.id})
        await session.rollback()
