"""Migrate one step at a time: each can be taken back, and a module needs no other than those it requires."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from typer.testing import CliRunner

from server.cli.main import app
from server.db.engine import async_url
from server.db.migrate import downgrade, migration_heads, script_directory, upgrade
from server.embedded import DatabaseUrls, EmbeddedPostgres, create_database, drop_database
from server.platforms.registry import Registry

KERNEL = "kernel"
CODES = sorted(path.parent.name for path in (Path(__file__).parents[3] / "modules").glob("*/module.py"))

EVERYTHING = """
    SELECT 'column', table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable
      || coalesce(' ' || column_default, '')
      FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT 'constraint', conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'index', indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'policy', tablename || ' ' || policyname || ' ' || coalesce(qual, '') FROM pg_policies
    UNION ALL SELECT 'function', oid::regprocedure || ' ' || md5(prosrc) FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT 'trigger', tgrelid::regclass || ' ' || tgname FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'view', viewname || ' ' || md5(definition) FROM pg_views WHERE schemaname = 'public'
    UNION ALL SELECT 'grant', grantee || ' ' || table_name || ' ' || privilege_type
      FROM information_schema.role_table_grants WHERE table_schema = 'public' AND table_name <> 'alembic_version'
"""

FOREIGN_KEYS = """
    SELECT conrelid::regclass::text, confrelid::regclass::text
    FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace
"""


@pytest.fixture
def empty_database(postgres: EmbeddedPostgres, worker_id: str) -> Iterator[DatabaseUrls]:
    name = f"steps_{worker_id}"
    drop_database(postgres, name)
    yield create_database(postgres, name)
    drop_database(postgres, name)


async def rows(database: DatabaseUrls, query: str) -> set[tuple[str, str]]:
    engine = create_async_engine(async_url(database.owner_url))
    try:
        async with engine.connect() as connection:
            return {(row[0], row[1]) for row in await connection.execute(text(query))}
    finally:
        await engine.dispose()


async def schema_of(database: DatabaseUrls) -> set[tuple[str, str]]:
    """Everything migrations make."""
    return {row for row in await rows(database, EVERYTHING) if "alembic_version" not in row[1]}


def owner_of(table: str) -> str:
    """The module whose code the table's name begins with, or the kernel."""
    return max((code for code in CODES if table.startswith(f"{code}_")), key=len, default=KERNEL)


async def test_takes_every_step_back(empty_database: DatabaseUrls, registry: Registry) -> None:
    folders, url = registry.migration_folders, empty_database.owner_url
    steps = list(script_directory(folders).walk_revisions())[::-1]
    assert {step.revision.rpartition("_")[0] for step in steps} == {KERNEL, *CODES}

    for step in steps:
        before = await schema_of(empty_database)
        await upgrade(url, folders, step.revision)
        after = await schema_of(empty_database)
        branch = step.revision.rpartition("_")[0]
        await downgrade(url, folders, str(step.down_revision or f"{branch}@base"))
        back = await schema_of(empty_database)
        await upgrade(url, folders, step.revision)

        assert after != before, step.revision
        assert back == before, step.revision
        assert await schema_of(empty_database) == after, step.revision


@pytest.mark.parametrize("code", CODES)
async def test_brings_what_a_module_requires_and_nothing_else(
    empty_database: DatabaseUrls, registry: Registry, code: str
) -> None:
    await upgrade(empty_database.owner_url, registry.migration_folders, f"{code}@head")

    tables = {table for table, _ in await rows(empty_database, "SELECT tablename, '' FROM pg_tables")}
    owners = {owner_of(table) for table in tables}
    assert owners == {KERNEL, *registry.closure([code])}


def test_depends_on_required_modules_only(registry: Registry) -> None:
    for step in script_directory(registry.migration_folders).walk_revisions():
        code = step.revision.rpartition("_")[0]
        needed = [step.dependencies] if isinstance(step.dependencies, str) else step.dependencies or ()
        reach = {KERNEL} if code == KERNEL else {KERNEL, *registry.closure([code])}
        assert {name.rpartition("_")[0] for name in needed} <= reach, step.revision


async def test_refers_to_tables_of_the_kernel_and_required_modules_only(
    empty_database: DatabaseUrls, registry: Registry
) -> None:
    await upgrade(empty_database.owner_url, registry.migration_folders)

    keys = {(owner_of(table), owner_of(target)) for table, target in await rows(empty_database, FOREIGN_KEYS)}
    assert ("customers", "tenancy") in keys
    for owner, target in keys:
        assert target in ({KERNEL} if owner == KERNEL else {KERNEL, *registry.closure([owner])}), owner


def test_prints_one_head_for_every_branch(registry: Registry) -> None:
    printed = CliRunner().invoke(app, ["migrate", "--heads"])

    heads = migration_heads(registry.migration_folders)
    assert printed.exit_code == 0
    assert dict(line.split(": ") for line in printed.output.splitlines()) == heads
    assert heads.keys() == {KERNEL, *CODES}
    assert all(revision.startswith(f"{branch}_") for branch, revision in heads.items())
