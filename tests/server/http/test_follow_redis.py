"""A subscription outlives the server it listens to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest

from server.redis import Subscriber, connect


class Relay:
    """A unix socket in front of Valkey that can be cut, so a test need not stop a server others share."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self.port = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        writers, self._writers = self._writers, []
        for writer in writers:
            writer.transport.abort()
        await self._server.wait_closed()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_unix_connection(self._target)
        self._writers += [writer, far_writer]
        await asyncio.gather(self._copy(reader, far_writer), self._copy(far_reader, writer))

    @staticmethod
    async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.transport.abort()


class Log:
    """What a subscriber reported, in order."""

    def __init__(self) -> None:
        self.entries: list[str] = []
        self._changed = asyncio.Event()

    def add(self, entry: str) -> None:
        self.entries.append(entry)
        self._changed.set()

    async def until(self, is_enough: Callable[[list[str]], bool]) -> None:
        async with asyncio.timeout(20):
            while not is_enough(self.entries):
                self._changed.clear()
                await self._changed.wait()


@asynccontextmanager
async def _subscribed(url: str, channels: tuple[str, ...], log: Log) -> AsyncIterator[Subscriber]:
    async def on_message(channel: str, data: bytes) -> None:
        log.add(f"{channel.split(':')[0]}={data.decode()}")
        if data == b"bad":
            raise ValueError("a callback that fails")

    async def on_reconnected() -> None:
        log.add("connected")

    async def on_lost() -> None:
        log.add("lost")

    subscriber = Subscriber(
        url, channels, on_message=on_message, on_reconnected=on_reconnected, on_lost=on_lost, timeout=2.0
    )
    subscriber.start()
    try:
        yield subscriber
    finally:
        await subscriber.stop()


def _socket(redis_url: str) -> str:
    return redis_url.removeprefix("unix://")


@pytest.fixture
def channels() -> tuple[str, ...]:
    return f"a:{uuid4().hex}", f"b:{uuid4().hex}"


async def test_delivers_the_messages_of_every_channel(redis_url: str, channels: tuple[str, ...]) -> None:
    log, client = Log(), connect(redis_url, timeout=2.0)

    async with _subscribed(redis_url, channels, log) as subscriber:
        await subscriber.wait_connected()
        for channel in channels:
            await client.publish(channel, "1")
        await log.until(lambda entries: len(entries) == 3)
        assert subscriber.connected

    await client.aclose()
    assert log.entries == ["connected", "a=1", "b=1"]
    assert not subscriber.connected


async def test_goes_on_after_a_callback_failed(redis_url: str, channels: tuple[str, ...]) -> None:
    log, client = Log(), connect(redis_url, timeout=2.0)

    async with _subscribed(redis_url, channels, log) as subscriber:
        await subscriber.wait_connected()
        await client.publish(channels[0], "bad")
        await client.publish(channels[0], "good")
        await log.until(lambda entries: len(entries) == 3)

    await client.aclose()
    assert log.entries == ["connected", "a=bad", "a=good"]


async def test_reconnects_and_says_so_each_time(redis_url: str, channels: tuple[str, ...]) -> None:
    log, client, relay = Log(), connect(redis_url, timeout=2.0), Relay(_socket(redis_url))
    await relay.open()

    async with _subscribed(f"redis://127.0.0.1:{relay.port}", channels, log) as subscriber:
        for outage in range(1, 4):
            await log.until(lambda entries, n=outage: entries.count("connected") == n)  # type: ignore[misc]
            await relay.cut()
            await log.until(lambda entries, n=outage: entries.count("lost") == n)  # type: ignore[misc]
            assert not subscriber.connected
            await client.publish(channels[0], "missed")
            await relay.open()
        await log.until(lambda entries: entries.count("connected") == 4)
        await client.publish(channels[0], "heard")
        await log.until(lambda entries: entries[-1] == "a=heard")

    await relay.cut()
    await client.aclose()
    assert log.entries == ["connected", "lost"] * 3 + ["connected", "a=heard"]


async def test_waits_for_a_server_that_is_not_there_yet(redis_url: str, channels: tuple[str, ...]) -> None:
    log, relay = Log(), Relay(_socket(redis_url))
    await relay.open()
    await relay.cut()

    async with _subscribed(f"redis://127.0.0.1:{relay.port}", channels, log) as subscriber:
        assert not subscriber.connected
        await relay.open()
        await subscriber.wait_connected()
        await log.until(lambda entries: entries == ["connected"])

    await relay.cut()


async def test_notices_a_connection_that_went_silent(
    monkeypatch: pytest.MonkeyPatch, channels: tuple[str, ...]
) -> None:
    monkeypatch.setattr("server.redis._QUIET_SECONDS", 0.05)
    log = Log()
    silent = asyncio.Event()

    async def acknowledge_then_say_nothing(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while data := await reader.read(65_536):
            if b"SUBSCRIBE" in data and not silent.is_set():
                for number, channel in enumerate(channels, start=1):
                    writer.write(
                        f"*3\r\n$9\r\nsubscribe\r\n${len(channel)}\r\n{channel}\r\n:{number}\r\n".encode()
                    )
                silent.set()
            elif b"CLIENT" in data:
                writer.write(b"+OK\r\n" * data.count(b"SETINFO"))
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(acknowledge_then_say_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with _subscribed(f"redis://127.0.0.1:{port}", channels, log):
        await log.until(lambda entries: entries == ["connected", "lost"])

    server.close()
    await server.wait_closed()


async def test_stops_while_it_waits_to_reconnect(channels: tuple[str, ...]) -> None:
    log = Log()

    async with _subscribed("redis://127.0.0.1:1", channels, log) as subscriber:
        await asyncio.sleep(0)

    assert not subscriber.connected
    assert log.entries == []


@pytest.mark.parametrize("turns", range(12))
async def test_stops_at_whatever_moment_it_is_told_to(
    redis_url: str, channels: tuple[str, ...], turns: int
) -> None:
    async with _subscribed(redis_url, channels, Log()) as subscriber:
        for _ in range(turns):
            await asyncio.sleep(0)

        stopping = asyncio.create_task(subscriber.stop())
        stopped, _ = await asyncio.wait([stopping], timeout=5)

    assert stopped == {stopping}
