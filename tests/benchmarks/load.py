"""A load generator: bounded, on loopback, with keep-alive connections that wait for each answer."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """What came of it; times in milliseconds."""

    requests_per_second: float
    p50: float
    p99: float


@dataclass(frozen=True)
class Target:
    """One request, sent again and again."""

    port: int
    path: str
    body: bytes
    token: str = ""

    def request(self) -> bytes:
        lines = [
            f"POST {self.path} HTTP/1.1",
            "Host: 127.0.0.1",
            "Content-Type: application/json",
            f"Content-Length: {len(self.body)}",
        ]
        if self.token:
            lines.append(f"Authorization: Bearer {self.token}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


async def load(target: Target, *, seconds: float, connections: int = 16) -> Load:
    """Send the request over `connections` connections for `seconds`."""
    request = target.request()
    times: list[float] = []
    began = time.perf_counter()
    until = began + seconds
    await asyncio.gather(*(_connection(target.port, request, until, times) for _ in range(connections)))
    took = time.perf_counter() - began
    times.sort()
    return Load(
        requests_per_second=len(times) / took,
        p50=times[len(times) // 2] * 1000,
        p99=times[int(len(times) * 0.99)] * 1000,
    )


async def once(target: Target) -> bytes:
    """The body of one answer; raises `AssertionError` when it is not a 200."""
    reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
    writer.write(target.request())
    status, body = await _answer(reader)
    writer.close()
    assert status == 200, body
    return body


async def _connection(port: int, request: bytes, until: float, times: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while (began := time.perf_counter()) < until:
        writer.write(request)
        status, body = await _answer(reader)
        assert status == 200, body
        times.append(time.perf_counter() - began)
    writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    lowered = head.lower()
    start = lowered.index(b"content-length:") + 15
    length = int(lowered[start : lowered.index(b"\r\n", start)])
    return status, await reader.readexactly(length)
