"""A PostgreSQL and a Valkey of the tests' own, to be stopped, killed, frozen and started again."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import httpx
from redis import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from modules.tenancy.testing import make_member, make_merchant, make_session, make_user
from server.app import Facet
from server.asgi import Served, serve
from server.db.engine import async_url
from server.embedded.postgres import PostgresServer
from server.embedded.servers import Servers
from server.embedded.valkey import ValkeyServer
from server.platforms.registry import Registry
from server.settings import Settings
from server.testing import TestPlatform

Mode = Literal["fast", "immediate"]

DASHBOARD = """
{
  viewer { user { email } }
  merchants(first: 3, orderBy: {field: NAME, direction: ASC}) {
    nodes { name stores(first: 5) { nodes { name } } metrics { tenancy { totalStores { value } } } }
  }
  platformMetrics { tenancy { totalMerchants { value trendValue } } }
}
"""


@dataclass(frozen=True)
class Machine:
    """Both servers, with a migrated database."""

    folder: Path
    servers: Servers
    registry: Registry

    def stop_postgres(self, mode: Mode = "fast") -> None:
        self._postgres._control("stop", "-m", mode)

    def start_postgres(self) -> None:
        self._postgres.ensure_running()

    async def restart_postgres(self, mode: Mode) -> None:
        await asyncio.to_thread(self.stop_postgres, mode)
        await asyncio.to_thread(self.start_postgres)

    @contextmanager
    def frozen_valkey(self) -> Iterator[None]:
        """It keeps its connections, accepts new ones and answers nothing."""
        with Redis.from_url(self.servers.redis_url) as client:
            pid = int(client.info("server")["process_id"])
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    @contextmanager
    def stopped_valkey(self) -> Iterator[None]:
        server = ValkeyServer(self.folder)
        server.shut_down()
        try:
            yield
        finally:
            server.ensure_running()

    @property
    def _postgres(self) -> PostgresServer:
        return PostgresServer(self.folder, durable=False)

    async def as_owner(self, *statements: str) -> list[Any]:
        """Run statements as the owner of the tables; the rows of the last one."""
        engine = create_async_engine(async_url(self.servers.owner), isolation_level="AUTOCOMMIT")
        try:
            async with engine.connect() as connection:
                for statement in statements:
                    result = await connection.execute(text(statement))
                return list(result.all()) if result.returns_rows else []
        finally:
            await engine.dispose()

    @asynccontextmanager
    async def locked(self, table: str) -> AsyncIterator[None]:
        """Nobody else can read `table` meanwhile."""
        engine = create_async_engine(async_url(self.servers.owner))
        try:
            async with engine.begin() as connection:
                await connection.execute(text(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
                yield
        finally:
            await engine.dispose()

    @asynccontextmanager
    async def site(self, **settings: Any) -> AsyncIterator[Site]:
        """A process of Facet, called over HTTP by an administrator of a platform with three merchants."""
        facet = Facet(Settings(cost_capacity=10_000_000, **settings), self.servers, self.registry)
        await facet.start()
        try:
            async with asyncio.timeout(30):
                await facet.subscriber.wait_connected()
            platform = await TestPlatform.create(facet)
            async with platform.context() as ctx:
                for name in ("Ada", "Bo", "Cy"):
                    await make_merchant(ctx, name=name)
                user = await make_user(ctx, email=f"{uuid4().hex}@example.test")
                await make_member(ctx, user=user)
                token = await make_session(ctx, user)
            served = serve(facet)
            transport = httpx.ASGITransport(app=served.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://facet.test") as client:
                yield Site(self, facet, platform, served, client, token)
        finally:
            await facet.stop()


@dataclass(frozen=True)
class Site:
    """One process of Facet and an administrator who asks it."""

    machine: Machine
    facet: Facet
    platform: TestPlatform
    served: Served
    client: httpx.AsyncClient
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}", "accept": "application/graphql-response+json"}

    async def ask(self, query: str, **variables: Any) -> httpx.Response:
        return await self.client.post(
            "/graphql", json={"query": query, "variables": variables}, headers=self.headers
        )

    async def answer(self, query: str, **variables: Any) -> Any:
        """The data of an answer without errors."""
        response = await self.ask(query, **variables)
        body = response.json()
        assert response.status_code == 200, body
        assert "errors" not in body, body
        return body["data"]

    def meter(self, name: str) -> float:
        value = self.facet.meters.registry.get_sample_value(name)
        assert value is not None
        return value

    @property
    def connections_in_use(self) -> int:
        return int(self.facet.database.engine.pool.checkedout())  # type: ignore[attr-defined]  # of the queue pool

    async def assert_nothing_is_left_behind(self) -> None:
        """No connection is in use, none stands in a transaction, and none remembers a platform."""
        assert self.connections_in_use == 0
        left = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND (state LIKE 'idle in transaction%' OR state = 'active')"
        )
        setting = text("SELECT current_setting('facet.platform_id', true)")
        for _ in range(1_000):  # a backend takes its moment to notice that its statement was cancelled
            async with self.facet.database.session(None) as session:
                busy = await session.scalar(left)
            if busy == 0:
                break
        assert busy == 0
        sessions = [self.facet.database.session(None) for _ in range(self.facet.settings.pool_size)]
        try:
            assert {await session.scalar(setting) or "" for session in sessions} == {""}
        finally:
            for session in sessions:
                await session.close()
