from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest
from asyncpg import InsufficientPrivilegeError

from server.embedded import EmbeddedPostgres


@pytest.fixture
async def owner(postgres: EmbeddedPostgres) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(postgres.owner_url)
    yield connection
    await connection.close()


@pytest.fixture
async def app(postgres: EmbeddedPostgres) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(postgres.app_url)
    yield connection
    await connection.close()


async def test_gives_neither_role_a_privilege_of_the_server(owner: asyncpg.Connection) -> None:
    roles = await owner.fetch(
        "SELECT rolname, rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls "
        "FROM pg_roles WHERE rolname LIKE 'facet%' ORDER BY rolname"
    )

    assert [tuple(role) for role in roles] == [
        ("facet_app", True, False, False, False, False, False),
        ("facet_owner", True, False, False, False, False, False),
    ]


async def test_lets_the_owner_create_tables_and_act_as_the_app(owner: asyncpg.Connection) -> None:
    async with owner.transaction():
        await owner.execute("CREATE TABLE owned (id int)")
        await owner.execute("SET LOCAL ROLE facet_app")

        assert await owner.fetchval("SELECT current_user::text") == "facet_app"
        await owner.execute("RESET ROLE; DROP TABLE owned")


async def test_refuses_tables_of_the_app(app: asyncpg.Connection) -> None:
    with pytest.raises(InsufficientPrivilegeError):
        await app.execute("CREATE TABLE mine (id int)")


async def test_lets_the_app_stage_an_import(app: asyncpg.Connection) -> None:
    async with app.transaction():
        await app.execute(
            "CREATE TEMPORARY TABLE staging (id int) ON COMMIT DROP; INSERT INTO staging VALUES (7)"
        )

        assert await app.fetchval("SELECT id FROM staging") == 7


async def test_refuses_schemas_of_the_app(app: asyncpg.Connection) -> None:
    with pytest.raises(InsufficientPrivilegeError):
        await app.execute("CREATE SCHEMA mine")


async def test_leaves_the_app_without_property(app: asyncpg.Connection) -> None:
    owned = await app.fetchval(
        "SELECT count(*) FROM pg_shdepend WHERE deptype = 'o' AND refobjid = 'facet_app'::regrole"
    )

    assert owned == 0


async def test_refuses_the_app_a_way_around_row_level_security(
    owner: asyncpg.Connection, app: asyncpg.Connection
) -> None:
    await owner.execute("""
        CREATE TABLE secret (platform_id bigint);
        INSERT INTO secret VALUES (1), (2), (2);
        ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
        CREATE POLICY own_platform ON secret
            USING (platform_id = nullif(current_setting('facet.platform_id', true), '')::bigint);
        GRANT SELECT ON secret TO facet_app;
    """)

    assert await app.fetchval("SELECT count(*) FROM secret") == 0
    async with app.transaction():
        await app.execute("SET LOCAL facet.platform_id = '2'")
        assert await app.fetchval("SELECT count(*) FROM secret") == 2
    with pytest.raises(InsufficientPrivilegeError):
        await app.execute("SET row_security = off; SELECT count(*) FROM secret")
    for attempt in (
        "ALTER TABLE secret DISABLE ROW LEVEL SECURITY",
        "SET ROLE facet_owner",
        "SET ROLE postgres",
        "ALTER ROLE facet_app BYPASSRLS",
    ):
        with pytest.raises(InsufficientPrivilegeError):
            await app.execute(attempt)
    await owner.execute("DROP TABLE secret")
