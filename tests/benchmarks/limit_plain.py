"""The server of `limit.py` as one usually writes it: a function with a request and a response, and the driver's pool.

python -m tests.benchmarks.limit_plain --port 8001
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.embedded.servers import open_servers
from server.http.protocol import DrainingServer, uvicorn_config
from server.settings import settings
from tests.benchmarks.limit import BY_HAND, OPTIONS, Known, look_up
from tests.benchmarks.workload import Asked

HEADERS = {"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store"}


class Plain:
    """The whole server."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._pool: Any = None
        self._known: dict[str, Known] = {}

    @asynccontextmanager
    async def life(self, _app: Starlette) -> AsyncIterator[None]:
        size = settings().pool_size
        self._pool = await asyncpg.create_pool(
            self._url, min_size=size, max_size=2 * size, reset=_nothing, server_settings=OPTIONS
        )
        gc.collect()
        gc.freeze()
        yield
        await self._pool.close()

    async def respond(self, request: Request) -> Response:
        asked = orjson.loads(await request.body())
        token = request.headers["authorization"].removeprefix("Bearer ")
        async with self._pool.acquire() as connection:
            known = self._known.get(token)
            if known is None or known.until < time.monotonic():
                known = await look_up(connection, token)
                if known is None:
                    return Response(status_code=401)
                self._known[token] = known
            await connection.execute(known.begin)
            try:
                question = Asked(
                    connection.fetch, known.platform_id, known.reach, datetime.now(UTC), asked["variables"]
                )
                data = await BY_HAND[asked["operationName"]](question)
            finally:
                await connection.execute("COMMIT")
        return Response(orjson.dumps({"data": data}), headers=HEADERS)


async def _nothing(_connection: object) -> None:
    """Our transactions leave nothing behind that a reset would undo."""


def main(port: int) -> None:
    """Serve until told to stop."""
    plain = Plain(open_servers(settings()).app_url)
    app = Starlette(routes=[Route("/graphql", plain.respond, methods=["POST"])], lifespan=plain.life)
    DrainingServer(uvicorn_config(app, host="127.0.0.1", port=port, log_level="warning")).run()


if __name__ == "__main__":
    main(int(sys.argv[sys.argv.index("--port") + 1]))
