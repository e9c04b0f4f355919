"""An answer on its way: headers as they go over the wire, one copy of the body, and no more at once than the
client takes."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.types import Receive, Scope, Send

from server.http.compress import gzipped

STREAMED = 1_048_576
"""Bytes from which a body is handed over in parts."""
PART = 131_072
"""Bytes of one part. The server waits with the next one until the client has taken most of the last."""


_WITHOUT_BODY = frozenset({204, 304})

RawHeaders = list[tuple[bytes, bytes]]
"""As ASGI has them: names in lower case."""


@dataclass(slots=True)
class RawResponse:
    """A response that is ready to send. Call it like any of Starlette's."""

    status: int
    headers: RawHeaders
    """Without Content-Length, which is added."""
    body: bytes

    async def compress(self) -> None:
        """Put the body into gzip."""
        self.body = await gzipped(self.body)
        self.headers.append((b"content-encoding", b"gzip"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it. A client that hangs up meanwhile is no failure; the rest is then left out."""
        body, size = self.body, len(self.body)
        headers = self.headers
        if self.status not in _WITHOUT_BODY:
            headers = [*headers, (b"content-length", b"%d" % size)]
        try:
            await send({"type": "http.response.start", "status": self.status, "headers": headers})
            if size < STREAMED:
                await send({"type": "http.response.body", "body": body})
                return
            for start in range(0, size, PART):
                end = start + PART
                part = body[start:end]
                await send({"type": "http.response.body", "body": part, "more_body": end < size})
        except OSError:  # how ASGI servers say it
            return
