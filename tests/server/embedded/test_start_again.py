from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import psutil
import pytest
from redis import Redis

from server.embedded import EmbeddedPostgres
from server.errors import ConfigurationError
from tests.server.embedded.processes import servers, start_postgres, start_valkey


async def _write(server: EmbeddedPostgres) -> None:
    connection = await asyncpg.connect(server.owner_url)
    await connection.execute("CREATE TABLE kept (id int); INSERT INTO kept VALUES (7)")
    await connection.close()


async def _read(server: EmbeddedPostgres) -> list[int]:
    connection = await asyncpg.connect(server.owner_url)
    rows = await connection.fetch("SELECT id FROM kept")
    await connection.close()
    return [row["id"] for row in rows]


def _cat() -> Path:
    """Where it is itself: another account may not pass a folder of links to programs."""
    found = shutil.which("cat")
    assert found
    return Path(found).resolve()


@contextmanager
def _program_of(uid: int) -> Iterator[subprocess.Popen[bytes]]:
    """A running program of that user, for whom PostgreSQL would take it for another server."""
    with subprocess.Popen(
        [_cat()], stdin=subprocess.PIPE, user=None if uid == os.getuid() else uid
    ) as program:
        try:
            yield program
        finally:
            program.kill()


async def test_finds_the_data_of_the_last_time(data_dir: Path) -> None:
    server = start_postgres(data_dir)
    await _write(server)
    server.stop()

    server = start_postgres(data_dir)

    assert await _read(server) == [7]
    server.stop()


async def test_recovers_from_a_crash_of_postgresql(data_dir: Path) -> None:
    server = start_postgres(data_dir)
    await _write(server)
    (postmaster,) = servers(data_dir)
    family = [postmaster, *postmaster.children(recursive=True)]
    postmaster.kill()
    psutil.wait_procs(family, timeout=30)

    again = start_postgres(data_dir)

    assert await _read(again) == [7]
    again.stop()
    server.stop()
    assert servers(data_dir) == []


async def test_ignores_a_pid_file_that_names_another_program(data_dir: Path) -> None:
    server = start_postgres(data_dir)
    await _write(server)
    pid_file = data_dir / "postgres" / "data" / "postmaster.pid"
    left_behind = pid_file.read_text().split("\n")
    server.stop()
    left_behind[0] = str(os.getpid())
    pid_file.write_text("\n".join(left_behind))

    server = start_postgres(data_dir)

    assert await _read(server) == [7]
    server.stop()


async def test_ignores_a_socket_lock_that_names_another_program(data_dir: Path) -> None:
    server = start_postgres(data_dir)
    await _write(server)
    lock = server.sockets / ".s.PGSQL.5432.lock"
    left_behind = lock.read_text().split("\n")
    owner = lock.stat()
    server.stop()
    with _program_of(owner.st_uid) as program:
        left_behind[0] = str(program.pid)
        lock.write_text("\n".join(left_behind))
        os.chown(lock, owner.st_uid, owner.st_gid)

        server = start_postgres(data_dir)

        assert await _read(server) == [7]
        server.stop()


def test_ignores_a_socket_that_a_killed_valkey_left(data_dir: Path) -> None:
    folder = data_dir / "valkey"
    folder.mkdir()
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(folder / "valkey.sock"))

    server = start_valkey(data_dir)

    assert Redis.from_url(server.url).ping()
    server.stop()


def test_starts_valkey_after_its_crash(data_dir: Path) -> None:
    server = start_valkey(data_dir)
    (process,) = servers(data_dir)
    process.kill()
    psutil.wait_procs([process], timeout=30)

    again = start_valkey(data_dir)

    assert Redis.from_url(again.url).ping()
    again.stop()
    server.stop()
    assert servers(data_dir) == []


def test_begins_anew_when_the_first_start_was_interrupted(data_dir: Path) -> None:
    unfinished = data_dir / "postgres" / "unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")

    server = start_postgres(data_dir)

    assert not unfinished.exists()
    server.stop()


def test_refuses_data_of_another_major_version(data_dir: Path) -> None:
    version = data_dir / "postgres" / "data" / "PG_VERSION"
    version.parent.mkdir(parents=True)
    version.write_text("15\n")

    with pytest.raises(ConfigurationError) as refusal:
        start_postgres(data_dir)

    assert str(refusal.value) == (
        f"{version.parent} was written by PostgreSQL 15, and this is 18. "
        "Remove the folder to start afresh, or set FACET_DATA_DIR to another one."
    )
    assert servers(data_dir) == []


def test_shows_the_log_when_postgresql_does_not_start(data_dir: Path) -> None:
    start_postgres(data_dir).stop()
    settings = data_dir / "postgres" / "data" / "postgresql.conf"
    settings.write_text("no_such_setting = 1\n")

    with pytest.raises(ConfigurationError, match='unrecognized configuration parameter "no_such_setting"'):
        start_postgres(data_dir)

    assert servers(data_dir) == []
