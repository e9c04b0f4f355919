"""A process holds points of a busy caller's budget and spends them without asking Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from server.http.budget import Budget, Charge
from server.http.leases import HOLD_SECONDS, LEASE_SECONDS, SHARE
from server.redis import connect

CAPACITY, RATE = 1_600, 10
SHARED = CAPACITY // SHARE


class Processes:
    """Several processes of one installation at a time that the test turns. Each charge is written down."""

    def __init__(self, client: Redis, count: int, *, capacity: int = CAPACITY, rate: int = RATE) -> None:
        self.client, self.capacity, self.rate = client, capacity, rate
        self.now, self.prefix = 1_000.0, f"test:{uuid4().hex}:"
        self.budgets = [self._start() for _ in range(count)]
        self.granted: list[tuple[float, int]] = []

    def _start(self) -> Budget:
        return Budget(
            self.client,
            capacity=self.capacity,
            per_second=self.rate,
            prefix=self.prefix,
            now=lambda: self.now,
            shared_time=lambda: self.now,
        )

    async def charge(self, process: int, points: int) -> Charge:
        charge = await self.budgets[process].charge("k", points)
        await self._idle(process)
        if charge.granted:
            self.granted.append((self.now, points))
        return charge

    async def drain(self, process: int) -> None:
        """Spend all it can."""
        for points in (16, 400, 80, 16, 4, 1):
            for _ in range(6 if points == 16 else 400):
                if not (await self.charge(process, points)).granted:
                    break

    async def settle(self, process: int) -> None:
        await self.budgets[process].settle()
        await self._idle(process)

    async def wait(self, seconds: float) -> None:
        """As time passes: what is held is settled each half second."""
        until = self.now + seconds
        while self.now + 0.5 < until:
            self.now += 0.5
            await self.settle_all()
        self.now = until

    async def settle_all(self) -> None:
        for process in range(len(self.budgets)):
            await self.settle(process)

    async def kill(self, process: int) -> None:
        """It ends without a word, and another one starts."""
        self.forget(process)
        self.budgets[process] = self._start()

    def forget(self, process: int) -> None:
        budget = self.budgets[process]
        budget._is_stopped = True
        if budget._timer is not None:
            budget._timer.cancel()

    async def _idle(self, process: int) -> None:
        while tasks := list(self.budgets[process]._tasks):
            await asyncio.wait(tasks)


@asynccontextmanager
async def processes(redis_url: str, count: int, **options: Any) -> AsyncIterator[Processes]:
    client = connect(redis_url, timeout=5.0)
    opened = Processes(client, count, **options)
    try:
        yield opened
    finally:
        for process in range(count):
            opened.forget(process)
        await client.delete(f"{opened.prefix}k")
        await client.aclose()


@pytest.fixture
async def two(redis_url: str) -> AsyncIterator[Processes]:
    async with processes(redis_url, 2) as opened:
        yield opened


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("charge"), st.integers(0, 2), st.integers(1, 60)),
        st.tuples(st.just("charge"), st.integers(0, 2), st.integers(1, 500)),
        st.tuples(st.just("wait"), st.just(0), st.sampled_from([0.01, 0.3, 0.6, 2.9, 3.1, 5.2, 20.0])),
        st.tuples(st.just("settle"), st.integers(0, 2), st.just(0)),
        st.tuples(st.just("kill"), st.integers(0, 2), st.just(0)),
        st.tuples(st.just("drain"), st.integers(0, 2), st.just(0)),
    ),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(steps=STEPS, rate=st.sampled_from([1, 10, 100]))
def test_never_gives_more_than_the_capacity_and_what_came_back(
    redis_url: str, steps: list[tuple[str, int, Any]], rate: int
) -> None:
    async def run() -> None:
        async with processes(redis_url, 3, rate=rate) as site:
            for action, process, value in steps:
                if action == "charge":
                    charge = await site.charge(process, value)
                    assert 0 <= charge.remaining <= CAPACITY
                elif action == "wait":
                    site.now += value
                else:
                    await getattr(site, action)(process)
            for process in range(3):
                await site.drain(process)
            _check_every_span(site)
            # What idle processes hold comes back, and what killed ones held as well.
            for _ in range(2):
                site.now += 0.6
                await site.settle_all()
            site.now += LEASE_SECONDS
            await site.charge(0, 1)
            site.now += CAPACITY / rate
            assert (await site.charge(1, CAPACITY)).granted

    asyncio.run(run())


@pytest.mark.parametrize("killed", [False, True])
async def test_does_not_refill_for_what_is_still_held(redis_url: str, killed: bool) -> None:
    """The bucket is full but for what is held. Half of that is spent at the last moment, then everything else."""
    async with processes(redis_url, 2, rate=20) as site:
        for _ in range(2):
            await site.charge(0, 1)
        site.now += HOLD_SECONDS - 0.001
        for _ in range(50):
            await site.charge(0, 1)
        if killed:
            await site.kill(0)
            site.now += LEASE_SECONDS - HOLD_SECONDS + 0.002
        for process in (0, 1):
            await site.drain(process)
        _check_every_span(site)


def _check_every_span(site: Processes) -> None:
    spent_at: dict[float, int] = {}
    for at, points in site.granted:
        spent_at[at] = spent_at.get(at, 0) + points
    for began in spent_at:
        spent = 0
        for at in (at for at in spent_at if at >= began):
            spent += spent_at[at]
            assert spent <= CAPACITY + site.rate * (at - began) + 1e-6


@settings(max_examples=100, deadline=None)
@given(
    steps=st.lists(st.tuples(st.integers(1, 120), st.sampled_from([0.0, 0.01, 0.3, 0.8, 4.0])), max_size=60)
)
def test_tells_what_is_left_as_one_bucket_would(redis_url: str, steps: list[tuple[int, float]]) -> None:
    """Except that a full bucket does not refill by what was held and is spent: a share of it at most."""

    async def run() -> None:
        async with processes(redis_url, 1) as site:
            left, at = float(CAPACITY), site.now
            for points, pause in steps:
                await site.wait(pause)
                left, at = min(CAPACITY, left + (site.now - at) * RATE), site.now
                charge = await site.charge(0, points)
                left -= points if charge.granted else 0
                assert left - SHARED - 1 <= charge.remaining <= left + 1e-6
                assert charge.granted or left < points + SHARED

    asyncio.run(run())


async def test_asks_redis_once_for_many_charges(two: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    (budget, _), asked = two.budgets, 0
    assert budget._shared is not None
    settle = budget._shared.settle

    async def count(*arguments: Any) -> Any:
        nonlocal asked
        asked += 1
        return await settle(*arguments)

    monkeypatch.setattr(budget._shared, "settle", count)
    remaining = [(await two.charge(0, 1)).remaining for _ in range(500)]

    assert remaining == list(range(CAPACITY - 1, CAPACITY - 501, -1))
    assert asked < 20


async def test_holds_nothing_of_a_caller_that_asks_now_and_then(two: Processes) -> None:
    for _ in range(3):
        await two.charge(0, 10)
        assert await held(two) == []
        two.now += 2.0


async def test_holds_nothing_of_a_budget_that_is_nearly_used_up(two: Processes) -> None:
    await two.charge(0, 1_300)
    charges = [await two.charge(process, 50) for process in (0, 1) * 4]

    assert [charge.granted for charge in charges] == [True] * 6 + [False] * 2
    assert await held(two) == []
    assert (charges[-1].remaining, charges[-1].retry_after) == (0, 5)


async def held(site: Processes) -> list[int]:
    """What Redis believes is held."""
    fields = await cast("Awaitable[dict[bytes, bytes]]", site.client.hgetall(f"{site.prefix}k"))
    return sorted(int(value.split(b":")[0]) for value in fields.values() if b":" in value)


async def test_gives_back_what_an_idle_caller_leaves(two: Processes) -> None:
    for _ in range(3):
        await two.charge(0, 10)
    while_busy = await held(two)
    two.now += 0.5
    await two.settle_all()

    assert len(while_busy) == 1
    assert await held(two) == []
    assert (await two.charge(1, 1)).remaining == CAPACITY - 30 + 5 - 1


async def test_refuses_wrongly_for_a_moment_only(two: Processes) -> None:
    """One process holds points that the other one needs."""
    for _ in range(2):
        await two.charge(0, 10)
    whole = CAPACITY - 20
    refused = await two.charge(1, whole)
    await two.charge(0, 1)  # still in use
    two.now += 0.5
    await two.settle_all()
    granted = await two.charge(1, whole - 1)

    assert (refused.granted, refused.retry_after) == (False, 1)
    assert granted.granted
    assert await held(two) == []
    two.now += 0.5
    assert not (await two.charge(0, 50)).granted


async def test_loses_what_a_killed_process_held_to_the_refill_only(two: Processes) -> None:
    for _ in range(2):
        await two.charge(0, 10)
    lost = (await held(two))[0]
    await two.kill(0)

    two.now += LEASE_SECONDS
    after = await two.charge(1, 1)
    two.now += lost / RATE + 0.05
    later = await two.charge(1, 1)

    assert after.remaining == CAPACITY - lost - 1
    assert later.remaining == CAPACITY - 2


async def test_does_not_make_requests_wait_while_it_asks_for_more(
    two: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    budget = two.budgets[0]
    for _ in range(2):
        await budget.charge("k", 1)
    assert budget._shared is not None
    settle, answers = budget._shared.settle, asyncio.Event()

    async def slowly(*arguments: Any) -> Any:
        await answers.wait()
        return await settle(*arguments)

    monkeypatch.setattr(budget._shared, "settle", slowly)
    for _ in range(SHARED * 3 // 4):
        assert (await budget.charge("k", 1)).granted
    assert len(budget._tasks) == 1
    answers.set()
    await asyncio.wait(budget._tasks)
    for _ in range(SHARED * 3 // 4):
        assert (await budget.charge("k", 1)).granted


async def test_spends_what_it_holds_while_redis_is_away_and_then_its_own(
    two: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    budget = two.budgets[0]
    for _ in range(2):
        await two.charge(0, 10)
    assert budget._shared is not None
    monkeypatch.setattr(budget._shared, "_script", away)
    monkeypatch.setattr(budget._shared._redis, "pipeline", away)

    holding = await two.charge(0, 10)
    await budget.settle()
    two.now += HOLD_SECONDS
    alone = [await two.charge(0, 10), await two.charge(0, CAPACITY - 10), await two.charge(0, 11)]

    assert holding.remaining == CAPACITY - 30
    assert [(charge.granted, charge.remaining) for charge in alone] == [
        (True, CAPACITY - 10),
        (True, 0),
        (False, 0),
    ]


def away(*_: Any, **__: Any) -> Any:
    raise ConnectionRefusedError


async def test_goes_on_after_a_request_was_cancelled_while_it_asked(
    two: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    budget = two.budgets[0]
    assert budget._shared is not None
    with monkeypatch.context() as patch:
        patch.setattr(budget._shared, "settle", lambda *_: asyncio.Event().wait())
        asking = asyncio.create_task(budget.charge("k", 10))
        await asyncio.wait({asking}, timeout=0)
        asking.cancel()
        await asyncio.wait({asking})

    assert (await budget.charge("k", 10)).remaining == CAPACITY - 10


async def test_gives_everything_back_when_it_stops(two: Processes) -> None:
    for _ in range(3):
        await two.charge(0, 10)

    await two.budgets[0].stop()

    assert await held(two) == []
    assert (await two.charge(1, 1)).remaining == CAPACITY - 31
    assert (await two.budgets[0].charge("k", 1)).granted
    assert await held(two) == []


async def test_shares_one_budget_between_processes_that_ask_at_once(redis_url: str) -> None:
    """In real time, with all that runs beside the requests."""
    client, prefix = connect(redis_url, timeout=5.0), f"test:{uuid4().hex}:"
    budgets = [Budget(client, capacity=16_000, per_second=1, prefix=prefix) for _ in range(4)]

    async def spend(budget: Budget) -> int:
        spent = 0
        for _ in range(100):
            charges = await asyncio.gather(*(budget.charge("k", 7) for _ in range(20)))
            spent += 7 * sum(charge.granted for charge in charges)
        return spent

    spent = sum(await asyncio.gather(*(spend(budget) for budget in budgets)))
    left = (await budgets[0].charge("k", 1_000_000)).remaining
    for budget in budgets:
        await budget.stop()
    await client.aclose()

    assert 16_000 - 7 <= spent + left <= 16_060


async def test_keeps_what_it_knows_of_callers_within_bounds(
    two: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.http.budget._MOST_LEASES", 3)
    budget = two.budgets[0]
    for key in ("k", "k", "a", "b", "c", "d"):
        await budget.charge(key, 1)

    assert list(budget._leases) == ["k", "c", "d"]  # what holds points stays
    assert (await budget.charge("k", 1)).remaining == CAPACITY - 3
