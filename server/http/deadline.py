"""How long an operation may run: so many seconds, and a query no longer than its client listens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType

from starlette.types import Receive, Scope

LISTEN = "facet.listen"
"""Where in a request's scope our own protocol puts a `Listen`."""

Listen = Callable[[Callable[[], None] | None], None]
"""Has a function called when the client hangs up, or at once when it has; None: no function any more."""


class deadline:  # noqa: N801  # reads like asyncio.timeout
    """Raises `TimeoutError` after `seconds`, or when `listen` tells that the client has hung up."""

    __slots__ = ("_listen", "_timeout")

    def __init__(self, seconds: float, listen: Listen | None = None) -> None:
        self._timeout, self._listen = asyncio.timeout(seconds), listen

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()
        if self._listen is not None:
            self._listen(self._end)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._listen is not None:
            self._listen(None)
        await self._timeout.__aexit__(kind, error, trace)

    def _end(self) -> None:
        if not self._timeout.expired():
            self._timeout.reschedule(0)


def listener(scope: Scope, receive: Receive) -> Listen:
    """How to learn that the client of a request, whose body was read, hangs up."""
    found: Listen | None = scope.get(LISTEN)
    return _Receiver(receive) if found is None else found


class _Receiver:
    """For other servers: waits for the message, in a task of its own."""

    __slots__ = ("_receive", "_task")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._task: asyncio.Task[None] | None = None

    def __call__(self, tell: Callable[[], None] | None) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task = None if tell is None else asyncio.ensure_future(self._wait(tell))

    async def _wait(self, tell: Callable[[], None]) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        tell()
