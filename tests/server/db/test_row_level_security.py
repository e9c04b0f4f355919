"""The second fence: what PostgreSQL itself refuses, whatever a statement asks for."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from server.app import Facet
from server.testing import TestPlatform

WITHOUT_PLATFORM = {"platform", "user_account", "alembic_version"}

MADE_BY_TESTS = "sample_"

TABLES = """
SELECT c.relname AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
       EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'platform_id') AS has_platform,
       (SELECT array_agg(p.polname::text) FROM pg_policy p
         WHERE p.polrelid = c.oid AND 'facet_app'::regrole = ANY (p.polroles)) AS policies
FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
"""


async def test_every_table_with_a_platform_is_fenced(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        tables = (await ctx.session.execute(text(TABLES))).all()

    tables = [table for table in tables if not table.name.startswith(MADE_BY_TESTS)]
    assert {t.name for t in tables if not t.has_platform} == WITHOUT_PLATFORM
    assert [t.name for t in tables if t.has_platform and not (t.enabled and t.forced)] == []
    assert {tuple(t.policies or ()) for t in tables if t.has_platform} == {("platform_isolation",)}


async def test_the_application_role_owns_nothing_and_bypasses_nothing(platform: TestPlatform) -> None:
    role = """
    SELECT current_user AS name, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,
           (SELECT count(*) FROM pg_class WHERE relowner = pg_roles.oid) AS owned
    FROM pg_roles WHERE rolname = current_user
    """

    async with platform.context() as ctx:
        row = (await ctx.session.execute(text(role))).one()

    assert tuple(row) == ("facet_app", False, False, False, False, 0)


async def test_rows_of_another_platform_are_invisible_to_a_bare_statement(
    facet: Facet, platform: TestPlatform, other_platform: TestPlatform
) -> None:
    async with platform.context() as ctx:
        ctx.audit("test.done", subject="here")

    count = text("SELECT count(*) FROM audit_entry WHERE action = 'test.done' AND platform_id = :id")
    async with platform.context() as ctx:
        assert await ctx.session.scalar(count, {"id": platform.id}) == 1
    async with other_platform.context() as ctx:
        assert await ctx.session.scalar(count, {"id": platform.id}) == 0
    async with facet.database.begin(None) as session:
        assert await session.scalar(count, {"id": platform.id}) == 0


async def test_a_row_for_another_platform_is_refused(
    platform: TestPlatform, other_platform: TestPlatform
) -> None:
    insert = text(
        "INSERT INTO platform_module (platform_id, module_code, is_enabled) VALUES (:id, 'anything', true)"
    )

    with pytest.raises(DBAPIError, match="row-level security"):
        async with platform.context() as ctx:
            await ctx.session.execute(insert, {"id": other_platform.id})

    async with other_platform.context() as ctx:
        statement = text("SELECT count(*) FROM platform_module WHERE module_code = 'anything'")
        assert await ctx.session.scalar(statement) == 0


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_entry SET action = 'forged'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"],
)
async def test_the_audit_log_cannot_be_rewritten(platform: TestPlatform, statement: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with platform.context() as ctx:
            await ctx.session.execute(text(statement))


async def test_the_application_role_cannot_leave_itself(platform: TestPlatform) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with platform.context() as ctx:
            await ctx.session.execute(text("SET LOCAL ROLE facet_owner"))


async def test_credentials_cannot_be_listed_without_their_secret(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        found = (await ctx.session.execute(text("SELECT * FROM facet_identify('\\x00'::bytea)"))).all()

    assert found == []
