"""Fixtures for imports: tables to import into, and an application that has their module."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import text

from server.app import Facet
from server.embedded.servers import Servers
from server.testing import TestPlatform
from tests.server.imports.library import SCHEMA, Application


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def tables(servers: Servers) -> None:
    """The library's tables, once for each test process."""
    connection = await asyncpg.connect(servers.owner)
    await connection.execute(SCHEMA)
    await connection.close()


@pytest.fixture
def application(facet: Facet, tables: None) -> Application:
    """An application whose only module is the library."""
    return Application(facet.database)


class Rows:
    """Reads what a platform has stored."""

    def __init__(self, platform: TestPlatform) -> None:
        self._platform = platform

    async def __call__(self, statement: str) -> list[tuple[Any, ...]]:
        async with self._platform.facet.database.session(self._platform.id, read_only=True) as session:
            return [tuple(row) for row in await session.execute(text(statement))]


@pytest_asyncio.fixture(loop_scope="session")
async def rows(platform: TestPlatform) -> AsyncIterator[Rows]:
    """`await rows(sql)`: what the test's platform sees."""
    yield Rows(platform)
