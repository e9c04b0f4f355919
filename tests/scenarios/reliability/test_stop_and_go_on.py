"""Processes stop when they are told, finish what they have begun, and outlive Redis."""

from __future__ import annotations

import asyncio
import signal

import httpx
from arq import create_pool
from arq.connections import RedisSettings
from sqlalchemy import text

from tests.scenarios.reliability.machine import DASHBOARD, Machine, Site
from tests.scenarios.reliability.processes import free_port, running, says, stopped, using
from tests.scenarios.reliability.test_restart_postgresql import until_one_waits_for_a_lock

CLIENTS = 10
WHO = {"query": "{ viewer { user { email } } }"}
STAMPS = text("SELECT subject FROM audit_entry WHERE action = 'press.stamp' ORDER BY id")


async def test_a_worker_outlives_restarts_of_redis_and_stops_when_told(machine: Machine) -> None:
    async with (
        asyncio.timeout(90),
        machine.site() as site,
        running("tests.scenarios.reliability.working", **using(machine)) as worker,
    ):
        await says(worker, "worker_started")
        await enqueue(site, 1)
        await until_stamped(site, ["1"])
        for number in (2, 3):
            with machine.stopped_valkey():
                assert "ConnectionError" in await says(worker, "worker_restarts")
            await enqueue(site, number)
            await until_stamped(site, [str(n) for n in range(1, number + 1)])

        with machine.stopped_valkey():
            assert await stopped(worker) == 0


async def test_a_worker_without_jobs_waits_until_it_is_told_to_stop(machine: Machine) -> None:
    async with asyncio.timeout(60), running("server", "worker", **using(machine)) as worker:
        await says(worker, "worker_has_no_jobs")

        assert await stopped(worker) == 0


async def test_a_server_finishes_with_everyone_before_it_stops(machine: Machine) -> None:
    port = free_port()
    async with (
        asyncio.timeout(90),
        machine.site() as site,
        running(
            "server", "serve", "--port", str(port), FACET_OPERATION_SECONDS="60", **using(machine)
        ) as server,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=site.headers, timeout=60) as client,
    ):
        await says(server, "serving")
        await until_it_answers(client)
        warm = asyncio.Barrier(CLIENTS + 1)

        async def keep_asking() -> int:
            """Answers over one connection, until told that it closes."""
            answers, told = 0, False
            async with httpx.AsyncClient(base_url=client.base_url, headers=site.headers, timeout=60) as busy:
                while not told:
                    response = await busy.post("/graphql", json=WHO)
                    assert response.status_code == 200
                    assert "errors" not in response.json()
                    answers, told = answers + 1, response.headers.get("connection") == "close"
                    if answers == 3:
                        await warm.wait()
            return answers

        async with asyncio.TaskGroup() as group, asyncio.timeout(60):
            clients = [group.create_task(keep_asking()) for _ in range(CLIENTS)]
            await warm.wait()
            async with machine.locked("tenancy_merchant"):
                slow = group.create_task(client.post("/graphql", json={"query": DASHBOARD}))
                await until_one_waits_for_a_lock(machine)
                server.send_signal(signal.SIGTERM)
                ready = await client.get("/readyz")
                while ready.status_code == 200:
                    ready = await client.get("/readyz")
                await asyncio.wait(clients)
        await server.communicate()

    assert all(each.result() > 3 for each in clients)
    assert (ready.status_code, ready.json()["status"]) == (503, "draining")
    assert "errors" not in slow.result().json()
    assert server.returncode == 0


async def enqueue(site: Site, number: int) -> None:
    pool = await create_pool(RedisSettings.from_dsn(site.machine.servers.redis_url))
    await pool.enqueue_job("stamp", site.platform.id, number)
    await pool.aclose()


async def until_stamped(site: Site, numbers: list[str]) -> None:
    found: list[str] = []
    while found != numbers:
        async with site.facet.database.session(site.platform.id) as session:
            found = list((await session.execute(STAMPS)).scalars())


async def until_it_answers(client: httpx.AsyncClient) -> None:
    while True:
        try:
            assert (await client.get("/healthz")).status_code == 200
        except httpx.ConnectError:
            continue
        return
