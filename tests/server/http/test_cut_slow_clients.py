"""A running server lets go of clients that dawdle, and of none that behave, also while it stops."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
import uvloop
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from server.http.protocol import DeadlineProtocol, DrainingServer, uvicorn_config

REQUEST = b"GET / HTTP/1.1\r\nHost: facet.test\r\n\r\n"


async def _hello(scope: Scope, receive: Receive, send: Send) -> None:
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


class QuickProtocol(DeadlineProtocol):
    header_seconds = 0.2


class Running:
    def __init__(
        self, server: DrainingServer, task: asyncio.Task[None], port: int, draining: asyncio.Event
    ) -> None:
        self.server, self.task, self.port, self.draining = server, task, port, draining

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def stop(self) -> None:
        self.server.should_exit = True
        await self.task


class QuietServer(DrainingServer):
    """Leaves the test process's signals alone."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self.is_up = asyncio.Event()

    async def startup(self, sockets: object = None) -> None:
        await super().startup(sockets)  # type: ignore[arg-type]
        self.is_up.set()


@asynccontextmanager
async def _running(drain_seconds: float = 0.0) -> AsyncIterator[Running]:
    config = uvicorn_config(
        _hello, host="127.0.0.1", port=0, http=QuickProtocol, lifespan="off", timeout_keep_alive=1
    )
    draining = asyncio.Event()
    server = QuietServer(config, on_drain=draining.set, drain_seconds=drain_seconds)
    task = asyncio.create_task(server._serve())
    await server.is_up.wait()
    running = Running(server, task, server.servers[0].sockets[0].getsockname()[1], draining)
    try:
        yield running
    finally:
        with suppress(asyncio.CancelledError):
            await running.stop()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET / HTTP/1.1\r\nHost: fac", b"\r\n", REQUEST, REQUEST + b"GET / HT", REQUEST + b"\r\n"],
    ids=["silent", "half a head", "blank", "one request, then junk", "half a second head", "blank after one"],
)
async def test_cuts_off_clients_that_do_not_finish_a_head(sent: bytes) -> None:
    async with _running() as running, asyncio.timeout(20):
        reader, writer = await running.connect()
        writer.write(sent)
        if sent == REQUEST:
            await reader.readuntil(b"ok")
            writer.write(b"G")

        received = await reader.read()

        await _close(writer)
    assert received.count(b"HTTP/1.1 200") == (1 if sent.startswith(REQUEST) and sent != REQUEST else 0)


async def test_keeps_clients_that_send_whole_heads() -> None:
    async with _running() as running, asyncio.timeout(20):
        slow, slow_writer = await running.connect()
        reader, writer = await running.connect()
        answers = 0
        while not slow.at_eof():  # for as long as the silent client is kept, and once more
            writer.write(REQUEST)
            await reader.readuntil(b"ok")
            answers += 1
            await asyncio.wait([asyncio.ensure_future(slow.read(1))], timeout=0.05)
        writer.write(REQUEST)
        answer = await reader.readuntil(b"ok")
        await _close(writer)
        await _close(slow_writer)

    assert answers > 1
    assert b"connection: close" not in answer.lower()


async def test_finishes_with_every_client_before_it_stops() -> None:
    async with _running(drain_seconds=0.5) as running, asyncio.timeout(20):
        connections = [await running.connect() for _ in range(5)]
        for reader, writer in connections:
            writer.write(REQUEST)
            await reader.readuntil(b"ok")
        running.server.should_exit = True
        await running.draining.wait()

        answers = []
        for reader, writer in connections:
            writer.write(REQUEST)
            answers.append(await reader.read())
            await _close(writer)
        await running.task

    assert all(answer.startswith(b"HTTP/1.1 200") for answer in answers)
    assert all(b"connection: close" in answer.lower() for answer in answers)


@pytest.mark.skipif(sys.platform == "win32", reason="uvloop is not made for Windows")
def test_runs_on_the_fastest_loop_and_parser() -> None:
    config = uvicorn_config(_hello, host="127.0.0.1", port=0)

    assert config.get_loop_factory() is uvloop.new_event_loop
    assert issubclass(DeadlineProtocol, HttpToolsProtocol)


def test_names_no_server_and_logs_no_query_strings() -> None:
    config = uvicorn_config(_hello, host="127.0.0.1", port=0)

    assert (config.server_header, config.access_log, config.log_config) == (False, False, None)
    assert config.http is DeadlineProtocol
    assert config.ws_max_size == 131_072
