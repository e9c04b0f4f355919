"""A query ends when its client hangs up, whatever server tells of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from starlette.types import Message, Scope

from server.http.deadline import LISTEN, Listen, deadline, listener


class Connection:
    """Tells of its end to whom listens, as our protocol does."""

    def __init__(self, *, is_lost: bool = False) -> None:
        self.is_lost = is_lost
        self.told: Callable[[], None] | None = None

    def listen(self, tell: Callable[[], None] | None) -> None:
        self.told = tell
        if tell is not None and self.is_lost:
            tell()


async def _unheard() -> Message:
    raise AssertionError("asked although the connection tells")


async def _told(scope: Scope, *messages: Message) -> Listen:
    waiting = list(messages)

    async def receive() -> Message:
        if not waiting:
            await asyncio.Event().wait()
        return waiting.pop(0)

    return listener(scope, receive)


async def test_ends_when_the_connection_is_lost() -> None:
    connection = Connection()
    listen = listener({LISTEN: connection.listen}, _unheard)

    async def lose() -> None:
        async with deadline(60, listen):
            assert connection.told is not None
            connection.told()
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await lose()
    assert connection.told is None


async def test_ends_when_the_connection_was_lost_before() -> None:
    listen = listener({LISTEN: Connection(is_lost=True).listen}, _unheard)

    with pytest.raises(TimeoutError):
        async with deadline(60, listen):
            await asyncio.Event().wait()


async def test_ends_when_another_server_sends_the_message() -> None:
    listen = await _told({}, {"type": "http.request"}, {"type": "http.disconnect"})

    with pytest.raises(TimeoutError):
        async with deadline(60, listen):
            await asyncio.Event().wait()


async def test_leaves_no_task_behind_with_another_server() -> None:
    listen = await _told({})
    before = asyncio.all_tasks()

    async with deadline(60, listen):
        await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert asyncio.all_tasks() <= before


async def test_ends_after_its_time() -> None:
    connection = Connection()

    with pytest.raises(TimeoutError):
        async with deadline(0.0, connection.listen):
            await asyncio.Event().wait()


async def test_passes_results_and_failures_on() -> None:
    async with deadline(60):
        found = 1
    with pytest.raises(KeyError):
        async with deadline(60, Connection().listen):
            raise KeyError

    assert found == 1
