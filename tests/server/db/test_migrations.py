"""Migrations: named, ordered, reversible, equal to the models, safe to run while the previous release serves."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from server.db.base import Base
from server.db.engine import async_url
from server.db.migrate import (
    current_heads,
    downgrade,
    migration_heads,
    require_migrated,
    script_directory,
    upgrade,
    upgrade_sql,
)
from server.embedded import DatabaseUrls, EmbeddedPostgres, create_database, drop_database
from server.embedded.servers import Servers
from server.errors import ConfigurationError
from server.platforms.registry import Registry

NAME = re.compile(r"(?P<code>[a-z][a-z0-9_]*)_(?P<sequence>\d{3})_[a-z0-9_]+\.py")


@pytest.fixture
def empty_database(postgres: EmbeddedPostgres, worker_id: str) -> Iterator[DatabaseUrls]:
    name = f"migrations_{worker_id}"
    drop_database(postgres, name)
    yield create_database(postgres, name)
    drop_database(postgres, name)


@pytest.fixture
def folders(registry: Registry) -> list[Path]:
    return registry.migration_folders


def test_files_are_named_after_their_branch_and_place(folders: list[Path]) -> None:
    for script in script_directory(folders).walk_revisions():
        name = Path(script.module.__file__ or "").name
        match = NAME.fullmatch(name)
        assert match, f"{name}: call it <code>_<sequence>_<description>.py"
        assert script.revision == f"{match['code']}_{match['sequence']}"


def test_every_module_has_one_head(folders: list[Path], registry: Registry) -> None:
    heads = migration_heads(folders)

    with_migrations = {f.parent.name for f in folders if any(f.glob("*.py"))}
    assert set(heads) == {"kernel"} | with_migrations
    assert set(heads) <= registry.codes | {"kernel"}


async def test_go_up_down_and_up_again(empty_database: DatabaseUrls, folders: list[Path]) -> None:
    await upgrade(empty_database.owner_url, folders)
    before = await tables_of(empty_database)

    await downgrade(empty_database.owner_url, folders, "base")
    assert await tables_of(empty_database) == {"alembic_version"}
    await upgrade(empty_database.owner_url, folders)

    assert await tables_of(empty_database) == before


async def test_leave_the_tables_of_a_module_that_is_gone(
    empty_database: DatabaseUrls, folders: list[Path]
) -> None:
    await upgrade(empty_database.owner_url, folders, "kernel@head")
    await _write_version(empty_database, "former_003")

    await upgrade(empty_database.owner_url, folders)

    modules = {head for branch, head in migration_heads(folders).items() if branch != "kernel"}
    assert await current_heads(empty_database.owner_url) >= {"former_003", *modules}


async def test_refuse_a_database_that_is_newer_than_the_code(
    empty_database: DatabaseUrls, folders: list[Path]
) -> None:
    await _write_version(empty_database, "kernel_999")

    with pytest.raises(ConfigurationError, match="is at kernel_999, which this version does not have"):
        await upgrade(empty_database.owner_url, folders)

    assert await tables_of(empty_database) == {"alembic_version"}


async def test_are_asked_for_before_a_process_starts(
    empty_database: DatabaseUrls, folders: list[Path]
) -> None:
    with pytest.raises(ConfigurationError, match=r"lacks .*kernel_.*Run `facet migrate`"):
        await require_migrated(empty_database.app_url, folders)
    heads = migration_heads(folders)
    branch, last = max((branch, head) for branch, head in heads.items() if branch != "kernel")

    await upgrade(empty_database.owner_url, folders)
    await require_migrated(empty_database.app_url, folders)

    await downgrade(empty_database.owner_url, folders, f"{branch}@base")
    with pytest.raises(ConfigurationError, match=rf"lacks .*{last}\. "):
        await require_migrated(empty_database.app_url, folders)


async def test_of_the_next_version_do_not_stop_processes_of_this_one(
    empty_database: DatabaseUrls, folders: list[Path]
) -> None:
    await upgrade(empty_database.owner_url, folders)
    heads = migration_heads(folders)
    branch, last = max((branch, head) for branch, head in heads.items() if branch != "kernel")
    await _move_version(empty_database, last, f"{branch}_999")

    await require_migrated(empty_database.app_url, folders)


async def _move_version(database: DatabaseUrls, revision: str, later: str) -> None:
    engine = create_async_engine(async_url(database.owner_url))
    async with engine.begin() as connection:
        await connection.execute(
            text("UPDATE alembic_version SET version_num = :later WHERE version_num = :revision"),
            {"revision": revision, "later": later},
        )
    await engine.dispose()


async def _write_version(database: DatabaseUrls, revision: str) -> None:
    """Note in the database that it is at `revision` too."""
    engine = create_async_engine(async_url(database.owner_url))
    async with engine.begin() as connection:
        await connection.execute(
            text("CREATE TABLE IF NOT EXISTS alembic_version (version_num varchar(32) PRIMARY KEY)")
        )
        await connection.execute(
            text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": revision}
        )
    await engine.dispose()


async def test_two_starts_at_once_do_not_collide(empty_database: DatabaseUrls, servers: Servers) -> None:
    environment = {**os.environ, "DATABASE_URL": empty_database.owner_url, "REDIS_URL": servers.redis_url}

    async def start() -> int:
        command = (sys.executable, "-m", "server", "migrate")
        return await (await asyncio.create_subprocess_exec(*command, env=environment)).wait()

    codes = await asyncio.gather(*(start() for _ in range(2)))
    assert codes == [0, 0]
    assert "platform" in await tables_of(empty_database)


async def test_make_what_the_models_say(empty_database: DatabaseUrls, folders: list[Path]) -> None:
    await upgrade(empty_database.owner_url, folders)
    engine = create_async_engine(async_url(empty_database.owner_url))

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))

    try:
        async with engine.connect() as connection:
            found = await connection.run_sync(differences)
    finally:
        await engine.dispose()
    assert found == []


def test_the_linter_finds_nothing_unsafe(folders: list[Path], tmp_path: Path) -> None:
    file = tmp_path / "migrations.sql"
    file.write_text(upgrade_sql(folders))

    squawk = Path(sys.executable).with_name("squawk")
    result = subprocess.run([squawk, str(file)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_times_have_zones(folders: list[Path]) -> None:
    assert "TIMESTAMP WITHOUT TIME ZONE" not in upgrade_sql(folders)


async def tables_of(database: DatabaseUrls) -> set[str]:
    engine = create_async_engine(async_url(database.owner_url))
    try:
        async with engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            )
            return set(rows.scalars())
    finally:
        await engine.dispose()
