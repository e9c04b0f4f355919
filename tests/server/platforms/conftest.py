"""The application with the sample modules, and platforms on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from server.app import Facet
from server.embedded.servers import Servers
from server.platforms.discovery import discover
from server.platforms.installed import KERNEL_PERMISSIONS
from server.platforms.registry import Registry
from server.settings import Settings
from server.testing import TestPlatform

SAMPLE = Path(__file__).parent / "sample"


@pytest.fixture(scope="session")
def sample_registry() -> Registry:
    """base (core), inventory, marketplace (requires inventory), insights (internal), bundle (declaration only)."""
    found = discover(SAMPLE, namespace="tests.server.platforms.sample", entry_points=False)
    return Registry(found, kernel_permissions=KERNEL_PERMISSIONS)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def sample(servers: Servers, sample_registry: Registry) -> AsyncIterator[Facet]:
    """The application with the sample modules instead of those of this checkout."""
    application = Facet(Settings(), servers, sample_registry)
    await application.start()
    yield application
    await application.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def other_process(sample: Facet) -> AsyncIterator[Facet]:
    """A second process on the same servers: it shares nothing with the first but the database and Redis."""
    application = Facet(Settings(), sample.servers, sample.registry)
    await application.start()
    await application.subscriber.wait_connected()
    yield application
    await application.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def shop(sample: Facet) -> TestPlatform:
    """A platform with the core module only."""
    return await TestPlatform.create(sample, modules=[])


@pytest_asyncio.fixture(loop_scope="session")
async def other_shop(sample: Facet) -> TestPlatform:
    """Another platform with the core module only."""
    return await TestPlatform.create(sample, modules=[])


@pytest_asyncio.fixture(loop_scope="session")
async def full_shop(sample: Facet) -> TestPlatform:
    """A platform with every sample module."""
    return await TestPlatform.create(sample)
