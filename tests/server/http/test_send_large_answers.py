"""Large answers go out in parts, only as fast as the client takes them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.types import Message, Receive, Scope, Send

from server.http.guard import Guard
from server.http.protocol import DeadlineProtocol, uvicorn_config
from server.http.sending import PART, STREAMED, RawResponse
from server.telemetry.prometheus import Meters
from tests.server.http.test_cut_slow_clients import REQUEST, QuietServer

LARGE = bytes(range(256)) * 32_768  # 8 MiB
SCOPE = {"type": "http", "method": "GET", "path": "/", "headers": []}


class ImpatientProtocol(DeadlineProtocol):
    stall_seconds = 0.2


class Answering:
    """A server that answers everything with `LARGE` and counts the parts it has handed over."""

    def __init__(self) -> None:
        self.parts, self.port = 0, 0
        self.has_ended = asyncio.Event()
        self._response = RawResponse(200, [], LARGE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def count(message: Message) -> None:
            await send(message)
            self.parts += message["type"] == "http.response.body"

        try:
            await self._response(scope, receive, count)
        finally:
            self.has_ended.set()


@asynccontextmanager
async def _answering(protocol: type[DeadlineProtocol] = DeadlineProtocol) -> AsyncIterator[Answering]:
    app = Answering()
    guarded = Guard(app, meters=Meters())
    config = uvicorn_config(guarded, host="127.0.0.1", port=0, http=protocol, lifespan="off")
    server = QuietServer(config, drain_seconds=0.0)
    task = asyncio.create_task(server._serve())
    await server.is_up.wait()
    app.port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield app
    finally:
        server.should_exit = True
        await task


async def _slow_reader(port: int) -> socket.socket:
    """A connection that has asked and reads nothing by itself."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
    client.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(client, ("127.0.0.1", port))
    await loop.sock_sendall(client, REQUEST)
    return client


async def _sent(body: bytes, status: int = 200) -> list[Message]:
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    await RawResponse(status, [(b"x", b"y")], body)(SCOPE, receive, send)
    return messages


@pytest.mark.parametrize("size", [0, 1, STREAMED - 1])
async def test_sends_smaller_bodies_at_once(size: int) -> None:
    body = b"a" * size

    start, only = await _sent(body)

    assert start["headers"] == [(b"x", b"y"), (b"content-length", str(size).encode())]
    assert only == {"type": "http.response.body", "body": body}
    assert only["body"] is body


@pytest.mark.parametrize("size", [STREAMED, STREAMED + 1, STREAMED + PART, len(LARGE)])
async def test_sends_larger_bodies_in_parts_of_known_length(size: int) -> None:
    body = LARGE[:size]

    start, *parts = await _sent(body)

    assert (b"content-length", str(size).encode()) in start["headers"]
    assert [part["more_body"] for part in parts] == [True] * (len(parts) - 1) + [False]
    assert max(len(part["body"]) for part in parts) == PART
    assert all(part["body"] for part in parts)
    assert b"".join(part["body"] for part in parts) == body


@pytest.mark.parametrize("status", [204, 304])
async def test_tells_no_length_where_there_is_no_body(status: int) -> None:
    start, _ = await _sent(b"", status)

    assert start["headers"] == [(b"x", b"y")]


async def test_arrives_whole() -> None:
    async with _answering() as app, asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", app.port)
        writer.write(REQUEST)
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(len(LARGE))
        writer.write(REQUEST)  # and the connection is good for the next
        again = await reader.readuntil(b"\r\n\r\n")
        writer.close()
        await app.has_ended.wait()

    assert f"content-length: {len(LARGE)}".encode() in head
    assert b"transfer-encoding" not in head
    assert body == LARGE
    assert again.startswith(b"HTTP/1.1 200")


async def test_waits_for_a_client_that_reads_slowly() -> None:
    loop = asyncio.get_running_loop()
    async with _answering() as app, asyncio.timeout(20):
        client = await _slow_reader(app.port)
        received = len(await loop.sock_recv(client, 1024))
        handed_over_at_first = app.parts
        while chunk := await loop.sock_recv(client, 262_144):
            received += len(chunk)
            if received > len(LARGE):
                break
        await app.has_ended.wait()
        client.close()

    assert handed_over_at_first < len(LARGE) // PART
    assert app.parts == len(LARGE) // PART


async def test_ends_when_the_client_hangs_up_in_the_middle() -> None:
    loop = asyncio.get_running_loop()
    async with _answering() as app, asyncio.timeout(20):
        client = await _slow_reader(app.port)
        await loop.sock_recv(client, 1024)
        client.close()

        await app.has_ended.wait()


async def test_lets_go_of_a_client_that_takes_nothing_more() -> None:
    async with _answering(ImpatientProtocol) as app, asyncio.timeout(20):
        client = await _slow_reader(app.port)

        await app.has_ended.wait()

        client.close()


async def test_takes_a_broken_connection_for_a_client_that_left() -> None:
    sent = 0

    async def send(message: Message) -> None:
        nonlocal sent
        sent += 1
        if sent == 3:
            raise ConnectionResetError

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    await RawResponse(200, [], LARGE)(SCOPE, receive, send)

    assert sent == 3
