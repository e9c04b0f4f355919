"""How long an operation may run: so many seconds, and a query no longer than its client listens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import Receive


@asynccontextmanager
async def deadline(seconds: float, receive: Receive | None = None) -> AsyncIterator[None]:
    """Raise `TimeoutError` after `seconds`, or when `receive` tells that the client has hung up."""
    async with asyncio.timeout(seconds) as scope:
        if receive is None:
            yield
            return
        watcher = asyncio.ensure_future(_end_with_the_client(scope, receive))
        try:
            yield
        finally:
            watcher.cancel()


async def _end_with_the_client(scope: asyncio.Timeout, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    if not scope.expired():
        scope.reschedule(0)
