"""A body is taken as it arrives: at once, after a while, in pieces, too late or never."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from starlette.types import Message

from server.http.body import read_body
from server.http.limits import Limits
from server.http.refusal import Refusal
from server.http.request import IndexedRequest

GONE: Message = {"type": "http.disconnect"}


def _chunk(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


class Client:
    """Sends the messages it is given, each as soon as it is there."""

    def __init__(self, *messages: Message) -> None:
        self.is_asked = asyncio.Event()
        self._messages: asyncio.Queue[Message] = asyncio.Queue()
        self.send(messages)

    def send(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self._messages.put_nowait(message)

    async def receive(self) -> Message:
        self.is_asked.set()
        return await self._messages.get()

    def reads(self, limits: Limits | None = None) -> asyncio.Task[bytes]:
        request = IndexedRequest({"type": "http", "method": "POST", "headers": []}, self.receive)
        return asyncio.ensure_future(read_body(request, limits or Limits()))


@pytest.mark.parametrize(
    "messages",
    [
        [_chunk(b"abc")],
        [_chunk(b"a", more=True), _chunk(b"b", more=True), _chunk(b"c")],
        [_chunk(b"", more=True), _chunk(b"abc", more=True), _chunk(b"")],
        [{"type": "http.request", "more_body": True}, _chunk(b"abc")],
    ],
)
async def test_reads_what_is_there_and_what_is_late(messages: list[Message]) -> None:
    there, late = Client(*messages), Client()
    reading = late.reads()
    await late.is_asked.wait()
    for message in messages:
        await asyncio.sleep(0)
        late.send([message])

    assert await there.reads() == b"abc"
    assert await reading == b"abc"


@pytest.mark.parametrize("messages", [[], [_chunk(b"a", more=True)]])
async def test_gives_up_after_the_time_that_is_set(messages: list[Message]) -> None:
    with pytest.raises(Refusal) as refused:
        await Client(*messages).reads(Limits(body_seconds=0.01))

    assert (refused.value.status, refused.value.close) == (408, True)


@pytest.mark.parametrize("messages", [[GONE], [_chunk(b"a", more=True), GONE]])
async def test_notices_that_the_client_hung_up(messages: list[Message]) -> None:
    late = Client()
    reading = late.reads()
    await late.is_asked.wait()
    late.send(messages)

    for read in (Client(*messages).reads(), reading):
        with pytest.raises(Refusal) as refused:
            await read
        assert (refused.value.status, refused.value.close) == (400, True)


@pytest.mark.parametrize(
    "messages", [[_chunk(b"abcd")], [_chunk(b"ab", more=True), _chunk(b"cd", more=True), _chunk(b"")]]
)
async def test_refuses_a_body_as_soon_as_it_is_too_long(messages: list[Message]) -> None:
    with pytest.raises(Refusal) as refused:
        await Client(*messages).reads(Limits(body_bytes=3))

    assert refused.value.code == "BODY_TOO_LARGE"


async def test_can_be_cancelled_while_it_waits() -> None:
    client = Client()
    reading = client.reads()
    await client.is_asked.wait()

    reading.cancel()

    with pytest.raises(asyncio.CancelledError):
        await reading


async def test_passes_on_what_the_server_raises() -> None:
    is_asked = asyncio.Event()

    async def receive() -> Message:
        is_asked.set()
        await asyncio.sleep(0)
        raise ConnectionResetError

    request = IndexedRequest({"type": "http", "method": "POST", "headers": []}, receive)

    with pytest.raises(ConnectionResetError):
        await read_body(request, Limits())
    assert is_asked.is_set()
