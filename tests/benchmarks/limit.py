"""What a server for exactly two questions costs, written by hand: no GraphQL, no modules, no ORM, no budget.

It reads the same tables by the same statements, as the same role behind the same row-level security, looks the
token up as Facet does, and is run by uvicorn with the same options. Unlike Facet it does all of that in one
transaction.

    python -m tests.benchmarks.limit --port 8001
"""

from __future__ import annotations

import gc
import sys
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.auth.tokens import token_hash
from server.embedded.servers import open_servers
from server.http.protocol import DrainingServer, uvicorn_config
from server.metrics.windows import Window, windows
from server.settings import settings
from tests.benchmarks import limit_sql as sql

Connection: TypeAlias = Any  # a pool hands out proxies
CARDS = {
    "billing.active_subscriptions": ("Active subscriptions", "subscriptions", "credit-card"),
    "tenancy.total_stores": ("Stores", "tenancy", "store"),
    "tenancy.team_members": ("Team members", "tenancy", "users-round"),
    "customers.total_customers": ("Customers", "customers", "users"),
}
HEADERS = {"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store"}


class Refused(Exception):
    """Nobody we know, or somebody who may not."""


class Limit:
    """The whole server."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._pool: Any = None
        self._zones: dict[int, ZoneInfo] = {}

    @asynccontextmanager
    async def life(self, _app: Starlette) -> AsyncIterator[None]:
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=settings().pool_size,
            max_size=2 * settings().pool_size,
            reset=_nothing,
            server_settings={"application_name": "limit", "timezone": "UTC", "jit": "off"},
        )
        gc.collect()
        gc.freeze()
        yield
        await self._pool.close()

    async def respond(self, request: Request) -> Response:
        asked = orjson.loads(await request.body())
        hash_ = token_hash(request.headers["authorization"].removeprefix("Bearer "))
        async with self._pool.acquire() as connection:
            await connection.execute(sql.BEGIN)
            try:
                platform_id = await self._identify(connection, hash_)
                if asked["operationName"] == "Dashboard":
                    data = await self._dashboard(connection, platform_id, asked["variables"])
                else:
                    data = await self._merchants(connection, platform_id)
            except Refused:
                return Response(status_code=401)
            finally:
                await connection.execute(sql.COMMIT)
        return Response(orjson.dumps({"data": data}), headers=HEADERS)

    async def _identify(self, connection: Connection, hash_: bytes | None) -> int:
        """The platform that the caller administers."""
        found = await connection.fetchrow(sql.IDENTIFY, hash_)
        if found is None or found["revoked_at"] is not None or not found["is_active"]:
            raise Refused
        if found["expires_at"] is not None and found["expires_at"] <= datetime.now(UTC):
            raise Refused
        platform_id: int = found["platform_id"]
        grants = await connection.fetch(sql.GRANTS, platform_id, found["user_id"])
        if not any(grant["role"] == "platform_admin" for grant in grants):
            raise Refused
        if platform_id not in self._zones:
            self._zones[platform_id] = ZoneInfo(await connection.fetchval(sql.PLATFORM, platform_id))
        return platform_id

    async def _dashboard(self, connection: Connection, platform_id: int, variables: dict[str, Any]) -> Any:
        kind, _, number = b64decode(variables["merchant"]).decode().partition(":")
        merchant_id = int(number)
        known = await connection.fetchval(sql.MERCHANT, platform_id, merchant_id)
        if kind != "Merchant" or known is None:
            return {"merchantMetrics": None}
        chosen = windows(now=datetime.now(UTC), zone=self._zones[platform_id])
        cards = {}
        for key in CARDS:
            counts = await _counts(
                connection, key, platform_id, [merchant_id], (chosen.current, chosen.comparison)
            )
            cards[key] = card(key, counts.get((merchant_id, 0), 0), counts.get((merchant_id, 1), 0))
        return {
            "merchantMetrics": {
                "billing": {"activeSubscriptions": cards["billing.active_subscriptions"]},
                "tenancy": {
                    "totalStores": cards["tenancy.total_stores"],
                    "teamMembers": cards["tenancy.team_members"],
                },
                "customers": {"totalCustomers": cards["customers.total_customers"]},
            }
        }

    async def _merchants(self, connection: Connection, platform_id: int) -> Any:
        merchants = await connection.fetch(sql.MERCHANTS, platform_id)
        ids = [merchant_id for merchant_id, _ in merchants]
        current = (windows(now=datetime.now(UTC), zone=self._zones[platform_id]).current,)
        active = await _counts(connection, "billing.active_subscriptions", platform_id, ids, current)
        stores = await _counts(connection, "tenancy.total_stores", platform_id, ids, current)
        customers = await _counts(connection, "customers.total_customers", platform_id, ids, current)
        first_stores: dict[int, list[Any]] = defaultdict(list)
        for merchant_id, store_id, name in await connection.fetch(sql.STORES, platform_id, ids):
            first_stores[merchant_id].append({"id": outside("Store", store_id), "name": name})
        nodes = [
            {
                "id": outside("Merchant", id_),
                "name": name,
                "metrics": {
                    "billing": {"activeSubscriptions": {"value": active.get((id_, 0), 0)}},
                    "tenancy": {"totalStores": {"value": stores.get((id_, 0), 0)}},
                    "customers": {"totalCustomers": {"value": customers.get((id_, 0), 0)}},
                },
                "stores": {"nodes": first_stores[id_]},
            }
            for id_, name in merchants
        ]
        return {"merchants": {"nodes": nodes}}


async def _counts(
    connection: Connection, key: str, platform_id: int, merchant_ids: Sequence[int], buckets: Sequence[Window]
) -> dict[tuple[int, int], int]:
    rows = await connection.fetch(
        sql.COUNTS[key],
        range(len(buckets)),
        [window.start for window in buckets],
        [window.end for window in buckets],
        platform_id,
        merchant_ids,
    )
    return {(scope, bucket): count for scope, bucket, count in rows}


def card(key: str, value: int, previous: int) -> dict[str, Any]:
    """A number with its trend."""
    label, category, icon = CARDS[key]
    percent = (value - previous) * 100 / previous if previous else None
    trend = None
    if percent is not None:
        trend = "STABLE" if abs(percent) < 0.5 else "UP" if percent > 0 else "DOWN"
    return {
        "key": key,
        "label": label,
        "category": category,
        "icon": icon,
        "unit": "COUNT",
        "value": value,
        "formatted": f"{value:,}",
        "trend": trend,
        "trendValue": percent,
        "previousValue": previous,
    }


def outside(kind: str, id_: int) -> str:
    """A global id."""
    return b64encode(f"{kind}:{id_}".encode()).decode()


async def _nothing(_connection: Connection) -> None:
    """Our transactions leave nothing behind that a reset would undo."""


def main(port: int) -> None:
    """Serve until told to stop."""
    limit = Limit(open_servers(settings()).app_url)
    app = Starlette(routes=[Route("/graphql", limit.respond, methods=["POST"])], lifespan=limit.life)
    DrainingServer(uvicorn_config(app, host="127.0.0.1", port=port, log_level="warning")).run()


if __name__ == "__main__":
    main(int(sys.argv[sys.argv.index("--port") + 1]))
