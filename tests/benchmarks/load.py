"""A load generator: bounded, on loopback, with keep-alive connections that wait for each answer."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson


@dataclass(frozen=True)
class Load:
    """What came of it; times in milliseconds."""

    requests: int
    requests_per_second: float
    p50: float
    p99: float


@dataclass(frozen=True)
class Target:
    """Where requests go, and who sends them."""

    port: int
    token: str = ""
    path: str = "/graphql"

    def request(self, body: bytes) -> bytes:
        """The whole HTTP request."""
        lines = [
            f"POST {self.path} HTTP/1.1",
            "Host: 127.0.0.1",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        ]
        if self.token:
            lines.append(f"Authorization: Bearer {self.token}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Connection:
    """One keep-alive connection: a request is sent when the answer before has arrived."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def to(cls, port: int) -> Connection:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def send(self, request: bytes) -> tuple[int, bytes]:
        """The status and body of the answer."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        lowered = head.lower()
        start = lowered.index(b"content-length:") + 15
        length = int(lowered[start : lowered.index(b"\r\n", start)])
        return int(head[9:12]), await self._reader.readexactly(length)

    def close(self) -> None:
        self._writer.close()


async def ask(target: Target, text: str, **variables: Any) -> dict[str, Any]:
    """The data of one answer; raises `AssertionError` when it has errors."""
    connection = await Connection.to(target.port)
    status, body = await connection.send(target.request(operation(text, variables)))
    connection.close()
    answer = orjson.loads(body)
    assert status == 200, body
    assert "errors" not in answer, body
    data: dict[str, Any] = answer["data"]
    return data


def operation(text: str, variables: dict[str, Any] | None = None) -> bytes:
    """The body of a GraphQL request."""
    return orjson.dumps({"query": text, "variables": variables or {}})


async def load(target: Target, body: bytes, *, seconds: float, connections: int = 16) -> Load:
    """Send the request over `connections` connections for `seconds`."""
    request = target.request(body)
    times: list[float] = []
    began = time.perf_counter()
    until = began + seconds
    await asyncio.gather(*(_repeat(target.port, request, until, times) for _ in range(connections)))
    took = time.perf_counter() - began
    return Load(
        requests=len(times),
        requests_per_second=len(times) / took,
        p50=percentile(times, 0.5) * 1000,
        p99=percentile(times, 0.99) * 1000,
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of the values do not exceed."""
    return sorted(values)[math.ceil(len(values) * share) - 1]


async def _repeat(port: int, request: bytes, until: float, times: list[float]) -> None:
    connection = await Connection.to(port)
    while (began := time.perf_counter()) < until:
        status, body = await connection.send(request)
        assert status == 200, body
        times.append(time.perf_counter() - began)
    connection.close()
