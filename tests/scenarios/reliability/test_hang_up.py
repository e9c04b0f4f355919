"""Clients that hang up, and fields that fail beside others, leave nothing behind."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
import uvicorn
from sqlalchemy import text

from server.composition import ComposedModule, Composer, ViewCache
from server.composition.parts import KERNEL
from server.context import Context
from server.graphql.fields import query_field
from server.graphql.graph import ModuleGraph
from server.graphql.info import Info
from server.http.protocol import uvicorn_config
from tests.scenarios.reliability.machine import DASHBOARD, Machine, Site
from tests.scenarios.reliability.test_restart_postgresql import CREATE, names

graph = ModuleGraph(KERNEL, __package__)
started = asyncio.Event()


async def sleepers(ctx: Context, keys: Sequence[int]) -> Sequence[int]:
    started.set()
    await ctx.session.execute(text("SELECT pg_sleep(600)"))
    return keys


@graph.query
class HangUpQuery:
    @query_field(description="Takes its time.", signed_in=True)
    async def slow(self, info: Info) -> int | None:
        return await info.context.loader(sleepers).load(1)

    @query_field(description="Waits behind the slow one.", signed_in=True)
    async def queued(self, info: Info) -> int | None:
        await started.wait()
        await info.context.session.execute(text("SELECT 1"))
        return 1

    @query_field(description="Fails where null is not allowed.", signed_in=True)
    async def broken(self) -> str:
        await started.wait()
        raise RuntimeError("broken on purpose")


@pytest.fixture
async def site(machine: Machine) -> AsyncIterator[Site]:
    # Nothing else ends what is left running.
    patient = {"statement_timeout_ms": 600_000, "operation_seconds": 600.0, "pool_wait_seconds": 600.0}
    async with machine.site(pool_size=10, **patient) as opened:
        yield opened


@contextmanager
def listening() -> Iterator[list[dict[str, Any]]]:
    """What asyncio complains about meanwhile: exceptions nobody looked at, tasks lost while they waited."""
    heard: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    previous = loop.get_exception_handler()
    loop.set_exception_handler(lambda _loop, context: heard.append(context))
    try:
        yield heard
        gc.collect()
    finally:
        loop.set_exception_handler(previous)


@pytest.mark.parametrize("operation", [DASHBOARD, CREATE])
async def test_a_cancelled_operation_leaves_nothing_wherever_it_was(site: Site, operation: str) -> None:
    """Cancelled after one more turn of the event loop each time, so at every place where it waits."""
    await site.answer(DASHBOARD)
    with listening() as heard:
        turns, task = 0, None
        while task is None or task.cancelled():
            task = asyncio.ensure_future(site.ask(operation, name=f"Di {turns}"))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            turns += 1 + turns // 10

        await site.assert_nothing_is_left_behind()
    assert heard == []
    assert await site.answer(DASHBOARD)


async def test_a_transaction_cancelled_as_it_begins_leaves_no_platform_behind(machine: Machine) -> None:
    setting = text("SELECT current_setting('facet.platform_id', true)")
    async with machine.site(pool_size=2) as site:
        for turns in range(40):
            async with site.facet.database.session(site.platform.id) as session:
                task = asyncio.ensure_future(session.execute(setting))
                for _ in range(turns):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.wait([task])
            async with site.facet.database.session(None) as session:
                assert await session.scalar(setting) in (None, "")


async def test_a_session_is_closed_even_if_closing_is_cancelled(site: Site) -> None:
    session = site.facet.database.session(site.platform.id)
    await session.execute(text("SELECT 1"))
    async with session._lock:  # as if a sibling were being stopped
        closing = asyncio.ensure_future(session.close())
        await asyncio.sleep(0)
        closing.cancel()
        await asyncio.wait([closing])

    async with asyncio.timeout(20):
        while site.connections_in_use:
            await site.machine.as_owner("SELECT 1")


async def test_hundreds_hang_up_at_once(site: Site) -> None:
    async with _listening_server(site) as port, site.machine.locked("tenancy_merchant"):
        body = json.dumps({"query": DASHBOARD}).encode()
        head = f"POST /graphql HTTP/1.1\r\nHost: facet.test\r\nAuthorization: Bearer {site.token}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        writers = []
        for _ in range(200):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(head.encode() + body)
            writers.append(writer)
        while site.connections_in_use < 5:
            await site.machine.as_owner("SELECT 1")
        for writer in writers:
            writer.transport.abort()
        async with asyncio.timeout(30):
            while site.connections_in_use or site.meter("facet_http_requests_in_flight"):
                await site.machine.as_owner("SELECT 1")

    await site.assert_nothing_is_left_behind()
    assert await names(site) == ["Ada", "Bo", "Cy"]


async def test_a_field_that_fails_stops_its_siblings(site: Site) -> None:
    started.clear()
    view = ViewCache(Composer([ComposedModule(code=KERNEL, package=__package__, graph=graph)]).compose()).get(
        frozenset()
    )
    ctx = await site.facet.reading_context(site.platform.admin, site.platform.record, "-")
    with listening() as heard:
        async with asyncio.timeout(60):
            result = await view.execute("{ slow queued broken }", context_value=ctx)
            await ctx.session.close()
            assert [error.message for error in result.errors or ()] == ["broken on purpose"]
            await site.assert_nothing_is_left_behind()
    assert heard == []


@asynccontextmanager
async def _listening_server(site: Site) -> AsyncIterator[int]:
    up = asyncio.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            up.set()

    server = Server(uvicorn_config(site.served.app, host="127.0.0.1", port=0, lifespan="off"))
    task = asyncio.create_task(server._serve())
    await up.wait()
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await task
