"""Redis is away, or there and silent: every request is answered, switches take effect, and it comes back."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import replace

import pytest
from redis.exceptions import RedisError
from structlog.testing import capture_logs

from server.http.budget import Budget
from server.redis import connect
from tests.scenarios.reliability.machine import DASHBOARD, Machine, Site

SWITCH = {
    False: 'mutation { disableModule(code: "billing", reason: "test") { __typename ... on Error { message } } }',
    True: 'mutation { enableModule(code: "billing", reason: "test") { __typename ... on Error { message } } }',
}
BILLING = "{ tiers(first: 1) { nodes { id } } }"
TRUST = {
    "module_set_seconds": 3_600.0,
    "module_set_seconds_without_redis": 0.001,
    "token_seconds": 3_600.0,
    "token_seconds_without_redis": 0.001,
}
"""What is remembered counts as long as messages arrive, and not without them."""


def outage(machine: Machine, kind: str) -> AbstractContextManager[None]:
    """Redis is down, or frozen: it accepts connections and says nothing."""
    return machine.stopped_valkey() if kind == "down" else machine.frozen_valkey()


@pytest.fixture
async def site(machine: Machine) -> AsyncIterator[Site]:
    async with machine.site(**TRUST) as opened:
        yield opened


@pytest.mark.parametrize("kind", ["down", "frozen"])
async def test_no_request_fails_or_waits_for_it_twice(machine: Machine, site: Site, kind: str) -> None:
    expected = await site.answer(DASHBOARD)

    with outage(machine, kind), capture_logs() as logs:
        before = site.meter("facet_budget_fallbacks_total")
        for number in range(20):
            assert await site.answer(DASHBOARD) == expected
            logs.append({"event": "answered", "request": number})
        answers = await asyncio.gather(*(site.answer(DASHBOARD) for _ in range(20)))
        fallbacks = site.meter("facet_budget_fallbacks_total")

    assert answers == [expected] * 20
    assert fallbacks - before == 40
    waited: Counter[int] = Counter()
    request = 0
    for line in logs:
        request += line["event"] == "answered"
        waited[request] += line["event"] == "budget_without_redis"
    assert max(waited[number] for number in range(20)) == 1
    assert await site.answer(DASHBOARD) == expected


async def test_only_one_finds_out_whether_it_is_back(machine: Machine) -> None:
    now = 0.0
    client = connect(machine.servers.redis_url, timeout=0.05)
    budget = Budget(client, now=lambda: now)

    async def attempts() -> int:
        with capture_logs() as logs:
            charges = await asyncio.gather(*(budget.charge("caller", 1) for _ in range(20)))
        assert all(charge.granted for charge in charges)
        return sum(line["event"] == "budget_without_redis" for line in logs)

    with outage(machine, "frozen"):
        await budget.charge("caller", 1)
        assert await attempts() == 0
        now = 2.0
        assert await attempts() == 1
    now = 4.0
    assert await attempts() == 0
    assert await client.exists("facet:budget:caller") == 1
    await budget.stop()
    await client.delete("facet:budget:caller")
    await client.aclose()


@pytest.mark.parametrize("kind", ["down", "frozen"])
async def test_switches_reach_other_processes_all_the_same(machine: Machine, site: Site, kind: str) -> None:
    async with another_process(machine, site) as other, asyncio.timeout(60):
        assert await codes(other) == []
        with outage(machine, kind):
            await site.answer(SWITCH[False])
            while await codes(other) == []:
                pass
            assert await codes(other) == ["GRAPHQL_VALIDATION_FAILED"]

        await asyncio.gather(site.facet.subscriber.wait_connected(), other.facet.subscriber.wait_connected())
        await site.answer(SWITCH[True])
        while await codes(other):
            pass


@pytest.mark.parametrize("kind", ["down", "frozen"])
async def test_other_processes_refuse_an_ended_session_all_the_same(
    machine: Machine, site: Site, kind: str
) -> None:
    async with another_process(machine, site) as other, asyncio.timeout(60):
        viewer = "{ viewer { user { email } } }"
        assert (await other.ask(viewer)).status_code == 200
        with outage(machine, kind):
            await site.answer("mutation { signOut { __typename } }")
            here = await site.ask(viewer)
            while (elsewhere := await other.ask(viewer)).status_code == 200:
                pass

    assert here.status_code == elsewhere.status_code == 401


async def test_listens_again_after_a_silence(machine: Machine, site: Site) -> None:
    async with asyncio.timeout(60):
        with outage(machine, "frozen"):
            while site.facet.subscriber.connected:
                await site.answer(DASHBOARD)
            ready = await site.client.get("/readyz")
        await site.facet.subscriber.wait_connected()

    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    assert ready.json()["checks"]["redis"] == "down"
    assert (await site.client.get("/readyz")).json()["checks"]["redis"] == "ok"


async def test_signing_in_works_without_it(machine: Machine, site: Site) -> None:
    wrong = 'mutation { signIn(email: "nobody@example.test", password: "wrong password") { __typename } }'
    with outage(machine, "frozen"):
        response = await site.client.post(f"/p/{site.platform.code}/graphql", json={"query": wrong})

    assert response.json()["data"] == {"signIn": {"__typename": "InvalidCredentials"}}


async def test_a_restart_costs_no_command(machine: Machine) -> None:
    client = connect(machine.servers.redis_url, timeout=2.0)
    await asyncio.gather(*(client.ping() for _ in range(5)))
    with machine.stopped_valkey(), pytest.raises((RedisError, OSError)):
        await client.ping()

    assert all(await asyncio.gather(*(client.ping() for _ in range(5))))
    await client.aclose()


async def codes(site: Site) -> list[str]:
    body = (await site.ask(BILLING)).json()
    return [error["extensions"]["code"] for error in body.get("errors", [])]


@asynccontextmanager
async def another_process(machine: Machine, site: Site) -> AsyncIterator[Site]:
    """The same caller asks a second process."""
    async with machine.site(**TRUST) as opened:
        yield replace(opened, platform=site.platform, token=site.token)
