"""What a server for exactly these questions costs, written by hand: no GraphQL, no modules, no ORM, no budget.

It answers as the same role behind the same row-level security, one transaction for each request whose first message
sets the platform too, and remembers for some seconds who a token speaks for. It is run by uvicorn with Facet's
options. Each question is one statement with only the columns that are needed, prepared once per connection.

    python -m tests.benchmarks.limit --port 8001
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from server.auth.tokens import token_hash
from server.embedded.servers import open_servers
from server.http.protocol import DrainingServer, uvicorn_config
from server.settings import settings
from tests.benchmarks.workload import Asked, ByHand
from tests.benchmarks.workloads import WORKLOADS

Rows: TypeAlias = Callable[..., Awaitable[list[asyncpg.Record]]]
REMEMBERED_SECONDS = 5.0
BY_HAND: dict[str, ByHand] = {
    name: f for workload in WORKLOADS.values() for name, f in workload.by_hand.items()
}
STATEMENTS = {statement for workload in WORKLOADS.values() for statement in workload.statements}
BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL facet.platform_id = '{}'"
IDENTIFY = """
    SELECT user_id, platform_id, is_active AND revoked_at IS NULL AND expires_at > now() AS is_good,
        set_config('facet.platform_id', platform_id::text, true)
    FROM facet_identify($1)
"""
OPTIONS = {
    "application_name": "limit",
    "timezone": "UTC",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
}
GRANTS = """
    SELECT merchant_id FROM tenancy_membership WHERE platform_id = $1 AND user_id = $2 AND ended_at IS NULL
        AND role IN ('platform_admin', 'merchant_member')
"""


@dataclass(slots=True)
class Lane:
    """A connection with its prepared statements."""

    connection: Any
    rows: Rows


@dataclass(slots=True, frozen=True)
class Known:
    """Who a token speaks for, and until when that is taken for granted."""

    begin: str
    platform_id: int
    reach: frozenset[int] | None
    until: float


class Limit:
    """The whole server."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._free: deque[Lane] = deque()
        self._places = asyncio.Semaphore(2 * settings().pool_size)
        self._known: dict[bytes, Known] = {}

    @asynccontextmanager
    async def life(self, _app: Starlette) -> AsyncIterator[None]:
        """Connect before the first request, and leave the collector nothing to look through."""
        for _ in range(2 * settings().pool_size):
            self._free.append(await self._connect())
        gc.collect()
        gc.freeze()
        yield
        for lane in self._free:
            await lane.connection.close()

    async def _connect(self) -> Lane:
        connection = await asyncpg.connect(self._url, server_settings=OPTIONS)
        fetch = {statement: (await connection.prepare(statement)).fetch for statement in STATEMENTS}
        # The driver leaves a preparation open until the next statement, and BEGIN must not follow it.
        await connection.execute("SELECT 1")

        def rows(statement: str, *values: Any) -> Awaitable[list[asyncpg.Record]]:
            return fetch[statement](*values)

        return Lane(connection, rows)

    async def answer(self, token: bytes, body: bytes) -> tuple[int, bytes]:
        """The status and the body."""
        asked = orjson.loads(body)
        by_hand = BY_HAND[asked["operationName"]]
        async with self._places:
            lane = self._free.pop()
            try:
                known = self._known.get(token)
                if known is None or known.until < time.monotonic():
                    known = await look_up(lane.connection, token.decode("ascii"))
                    if known is None:
                        return 401, b'{"errors":[{"message":"unknown token"}]}'
                    self._known[token] = known
                await lane.connection.execute(known.begin)
                try:
                    data = await by_hand(
                        Asked(
                            lane.rows, known.platform_id, known.reach, datetime.now(UTC), asked["variables"]
                        )
                    )
                finally:
                    await lane.connection.execute("COMMIT")
            finally:
                self._free.append(lane)
        return 200, orjson.dumps({"data": data})


async def look_up(connection: Any, token: str) -> Known | None:
    """The caller; None for nobody we know and for somebody who may not read."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        found = await connection.fetchrow(IDENTIFY, token_hash(token))
        if found is None or not found["is_good"]:
            return None
        platform_id = found["platform_id"]
        merchants = {grant[0] for grant in await connection.fetch(GRANTS, platform_id, found["user_id"])}
    if not merchants:
        return None
    reach = None if None in merchants else frozenset(merchants)
    return Known(BEGIN.format(platform_id), platform_id, reach, time.monotonic() + REMEMBERED_SECONDS)


class Endpoint:
    """HTTP."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        token = b""
        for name, value in scope["headers"]:
            if name == b"authorization":
                token = value[7:]
        message = await receive()
        body = message["body"]
        while message.get("more_body"):
            message = await receive()
            body += message["body"]
        status, answer = await self._limit.answer(token, body)
        headers = [
            (b"content-type", b"application/json; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"content-length", b"%d" % len(answer)),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


def main(port: int) -> None:
    """Serve until told to stop."""
    limit = Limit(open_servers(settings()).app_url)
    app = Starlette(routes=[Route("/graphql", Endpoint(limit), methods=["POST"])], lifespan=limit.life)
    DrainingServer(uvicorn_config(app, host="127.0.0.1", port=port, log_level="warning")).run()


if __name__ == "__main__":
    main(int(sys.argv[sys.argv.index("--port") + 1]))
