"""Pytest fixtures: the real application on embedded servers, and fresh platforms.

The servers live in `.facet/test` and are shared by parallel test processes. The schema is migrated once into a
template, and each process works in its own copy of it.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from server.app import Facet
from server.db.migrate import upgrade
from server.embedded import EmbeddedPostgres, create_database, drop_database, start_postgres, start_valkey
from server.embedded.servers import Servers
from server.platforms.installed import installed
from server.platforms.registry import Registry
from server.settings import Settings
from server.testing.platform import TestPlatform

DATA_DIR = Path(".facet/test")


@pytest.fixture(scope="session")
def registry() -> Registry:
    """Every module of this checkout."""
    return installed()


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """The test server, started when needed and stopped with the last process that uses it."""
    server = start_postgres(DATA_DIR, durable=False)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def servers(
    postgres: EmbeddedPostgres, registry: Registry, testrun_uid: str, worker_id: str
) -> Iterator[Servers]:
    """A migrated database for this test process, and Valkey."""
    name = f"test_{testrun_uid[:12]}_{worker_id}"
    urls = create_database(postgres, name)
    _migrate(urls.owner_url, registry)
    valkey = start_valkey(DATA_DIR)
    yield Servers(urls.owner_url, urls.app_url, app_logs_in=True, redis_url=valkey.url)
    valkey.stop()
    drop_database(postgres, name)


def _migrate(owner_url: str, registry: Registry) -> None:
    """In a thread of its own, which has no event loop yet."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(upgrade(owner_url, [d.folder("migrations") for d in registry.definitions]))
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def facet(servers: Servers, registry: Registry) -> AsyncIterator[Facet]:
    """The application with every module of this checkout."""
    # Queries of tests are asked once or twice; compiled at once they are all answered by plans.
    settings = Settings()
    if "FACET_COMPILED" not in os.environ:
        settings.compiled = "at once"
    application = Facet(settings, servers, registry)
    await application.start()
    yield application
    await application.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def platform(facet: Facet) -> TestPlatform:
    """A platform of this test's own: every module on, UTC, EUR."""
    return await TestPlatform.create(facet)


@pytest_asyncio.fixture(loop_scope="session")
async def other_platform(facet: Facet) -> TestPlatform:
    """A second platform, whose rows the first must never see."""
    return await TestPlatform.create(facet)
