"""The real application with the real modules over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from server.app import Facet
from tests.scenarios.security.installation import Site, open_site


@pytest_asyncio.fixture(loop_scope="session")
async def site(facet: Facet) -> AsyncIterator[Site]:
    async with open_site(facet) as opened:
        yield opened
