"""A load generator that costs little itself: keep-alive connections, each with one request under way."""

from __future__ import annotations

import asyncio
import math
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice

import uvloop

CONNECTIONS = 16
HEAD_END = b"\r\n\r\n"
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
LAST_CHUNK = b"\r\n0\r\n\r\n"


@dataclass(frozen=True)
class Load:
    """What came of it; times in milliseconds."""

    requests: int
    requests_per_second: float
    p50: float
    p99: float


class Client(asyncio.Protocol):
    """One connection: it sends the next request when the answer is there, until its time is over."""

    def __init__(self, requests: Sequence[bytes], first: int, until: float, status: bytes) -> None:
        self._requests = cycle(islice(cycle(requests), first, first + len(requests)))
        self._until, self._status = until, status
        self._got, self._missing = bytearray(), 0
        self.times: list[float] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        if self._missing > 0:
            self._missing -= len(data)
        else:
            self._got += data
            self._look()
        if self._missing == 0 and not self._got:
            self._answered()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("The server closed a connection under load."))

    def close(self) -> None:
        self._transport.close()

    def _look(self) -> None:
        """At what came so far of an answer whose length is not known yet; nothing is kept once it is."""
        end = self._got.find(HEAD_END)
        if end < 0:
            return
        if self._got[9:12] != self._status:
            self._fail(bytes(self._got))
            return
        length = LENGTH.search(self._got, 0, end)
        if length is not None:
            self._missing = int(length[1]) - (len(self._got) - end - 4)
            self._got.clear()
        elif self._got.endswith(LAST_CHUNK):
            self._got.clear()

    def _answered(self) -> None:
        now = time.perf_counter()
        self.times.append(now - self._began)
        if now < self._until:
            self._send()
        elif not self.done.done():
            self.done.set_result(None)

    def _send(self) -> None:
        self._began = time.perf_counter()
        self._transport.write(next(self._requests))  # type: ignore[attr-defined]  # a socket's transport

    def _fail(self, answer: bytes) -> None:
        if not self.done.done():
            self.done.set_exception(AssertionError(f"Expected {self._status!r}: {answer!r}"))


def load(
    port: int, requests: Sequence[bytes], *, seconds: float, connections: int = CONNECTIONS, status: int = 200
) -> Load:
    """Send the requests in turn, each connection from another one on; raises when a status is not `status`."""
    return uvloop.run(_load(port, requests, seconds, connections, b"%d" % status))


async def _load(
    port: int, requests: Sequence[bytes], seconds: float, connections: int, status: bytes
) -> Load:
    began = time.perf_counter()
    step = max(1, len(requests) // connections)
    clients = [
        Client(requests, n * step % len(requests), began + seconds, status) for n in range(connections)
    ]
    loop = asyncio.get_running_loop()
    for client in clients:
        await loop.create_connection(lambda client=client: client, "127.0.0.1", port)  # type: ignore[misc]
    try:
        await asyncio.gather(*(client.done for client in clients))
    finally:
        for client in clients:
            client.close()
    took = time.perf_counter() - began
    times = [moment for client in clients for moment in client.times]
    return Load(
        requests=len(times),
        requests_per_second=len(times) / took,
        p50=percentile(times, 0.5) * 1000,
        p99=percentile(times, 0.99) * 1000,
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of the values do not exceed."""
    return sorted(values)[math.ceil(len(values) * share) - 1]
