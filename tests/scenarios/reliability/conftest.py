"""One PostgreSQL and one Valkey for these tests alone."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.db.migrate import upgrade
from server.embedded import start_postgres, start_valkey
from server.embedded.servers import Servers
from server.platforms.registry import Registry
from tests.scenarios.reliability.machine import Machine


@pytest.fixture(scope="session")
def machine(registry: Registry) -> Iterator[Machine]:
    folder = Path(tempfile.mkdtemp(prefix="facet-"))
    postgres, valkey = start_postgres(folder, durable=False), start_valkey(folder)
    migration = threading.Thread(
        target=asyncio.run, args=[upgrade(postgres.owner_url, registry.migration_folders)]
    )
    migration.start()
    migration.join()
    servers = Servers(postgres.owner_url, postgres.app_url, app_logs_in=True, redis_url=valkey.url)
    yield Machine(folder, servers, registry)
    valkey.stop()
    postgres.stop()
    shutil.rmtree(folder)
