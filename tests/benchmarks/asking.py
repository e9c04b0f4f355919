"""Single questions over HTTP."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import orjson


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
        if b"content-length:" not in lowered:
            return int(head[9:12]), await self._chunks()
        start = lowered.index(b"content-length:") + 15
        length = int(lowered[start : lowered.index(b"\r\n", start)])
        return int(head[9:12]), await self._reader.readexactly(length)

    async def _chunks(self) -> bytes:
        """The body of an answer whose length was not known before."""
        body = b""
        while size := int(await self._reader.readline(), 16):
            body += await self._reader.readexactly(size)
            await self._reader.readexactly(2)
        await self._reader.readexactly(2)
        return body

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
