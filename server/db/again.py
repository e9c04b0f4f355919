"""Reading once more when PostgreSQL restarted meanwhile."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from server.db.failures import ConnectionLost

Value = TypeVar("Value")

_FIRST_PAUSE, _LONGEST_PAUSE = 0.01, 0.25


async def try_again(work: Callable[[], Awaitable[Value]], *, seconds: float) -> Value:
    """What `work` returns; it runs again as long as it raises `ConnectionLost`, for up to `seconds`.

    Only for work that changes nothing. The pauses grow, and differ between those that wait.
    """
    until = time.monotonic() + seconds
    pause = _FIRST_PAUSE
    while True:
        try:
            return await work()
        except ConnectionLost:
            if time.monotonic() + pause > until:
                raise
        await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311  # spreads load, guards nothing
        pause = min(pause * 2, _LONGEST_PAUSE)
