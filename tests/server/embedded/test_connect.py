from __future__ import annotations

from pathlib import Path

import asyncpg
import pytest
from redis import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from server.embedded import start_postgres, start_valkey
from tests.server.embedded import processes

FOLDERS = {
    "an ordinary path": "data",
    "spaces, signs and letters": "my dätä, 100% 'quoted' & $HOME?#",
    "longer than a socket may be": "long/" * 30,
}


@pytest.fixture(params=list(FOLDERS))
def folder(data_dir: Path, request: pytest.FixtureRequest) -> Path:
    return data_dir / FOLDERS[request.param]


async def test_reaches_postgresql_with_asyncpg_and_sqlalchemy(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGDATA", "/nowhere")
    monkeypatch.setenv("LC_ALL", "xx_XX")
    server = processes.start_postgres(folder)

    connection = await asyncpg.connect(server.app_url)
    assert await connection.fetchval("SELECT current_user::text") == "facet_app"
    await connection.close()

    engine = create_async_engine(server.owner_url.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.connect() as session:
        assert await session.scalar(text("SELECT current_user::text")) == "facet_owner"
    await engine.dispose()
    server.stop()
    assert server.sockets == folder.resolve() / "postgres" / "data" or not server.sockets.exists()


def test_reaches_valkey_with_redis(folder: Path) -> None:
    server = start_valkey(folder)

    with Redis.from_url(server.url) as client:
        client.set("greeting", "hello")
        assert client.get("greeting") == b"hello"

    server.stop()


def test_leaves_no_door_open_but_the_socket_of_its_owner(data_dir: Path) -> None:
    server = processes.start_postgres(data_dir)
    valkey = start_valkey(data_dir)

    assert (data_dir / "postgres" / "data").stat().st_mode & 0o777 == 0o700
    assert (data_dir / "valkey").stat().st_mode & 0o777 == 0o700
    with Redis.from_url(valkey.url) as client:
        assert client.config_get("port") == {"port": "0"}

    valkey.stop()
    server.stop()


async def test_waits_for_the_disk_and_speaks_utc(data_dir: Path) -> None:
    server = start_postgres(data_dir)
    connection = await asyncpg.connect(server.app_url)

    settings = {
        name: await connection.fetchval("SELECT current_setting($1)", name)
        for name in ("fsync", "synchronous_commit", "timezone", "listen_addresses", "server_encoding")
    }

    assert settings == {
        "fsync": "on",
        "synchronous_commit": "on",
        "timezone": "UTC",
        "listen_addresses": "",
        "server_encoding": "UTF8",
    }
    await connection.close()
    server.stop()


async def test_does_not_wait_for_the_disk_when_data_may_be_lost(data_dir: Path) -> None:
    server = start_postgres(data_dir, durable=False)
    connection = await asyncpg.connect(server.app_url)

    assert await connection.fetchval("SHOW fsync") == "off"

    await connection.close()
    server.stop()
