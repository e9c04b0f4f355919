"""One database with the sample modules' tables for each test process."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from server.db.engine import async_url
from server.db.security import enable_row_level_security
from server.db.session import Database
from server.embedded import DatabaseUrls, EmbeddedPostgres, create_database, drop_database
from tests.server.metrics.mall import Mall, MallPlatform
from tests.server.metrics.shops import SCHEMA, TABLES


@pytest.fixture(scope="session")
def mall_urls(postgres: EmbeddedPostgres, testrun_uid: str, worker_id: str) -> Iterator[DatabaseUrls]:
    name = f"mall_{testrun_uid[:12]}_{worker_id}"
    yield create_database(postgres, name)
    drop_database(postgres, name)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def mall(mall_urls: DatabaseUrls) -> AsyncIterator[Mall]:
    owner = create_async_engine(async_url(mall_urls.owner_url))
    async with owner.begin() as connection:
        await connection.run_sync(_create_tables)
    await owner.dispose()
    database = Database.connect(mall_urls.app_url, owns_role=True, pool_size=4, statement_timeout_ms=5_000)
    yield Mall(database)
    await database.close()


def _create_tables(connection: Connection) -> None:
    for statement in SCHEMA.split(";\n"):
        if statement.strip():
            connection.execute(text(statement))
    with Operations.context(MigrationContext.configure(connection)):
        for table in TABLES:
            enable_row_level_security(table)


@pytest.fixture
def shop(mall: Mall) -> MallPlatform:
    """A platform of this test's own: `shops` and `tills` on, UTC, EUR, 15 June 2024 at noon."""
    return mall.platform()
