"""What each caller may spend on queries: a bucket of points that refills with time.

The buckets are in Redis, so all processes share them. For a caller that asks often, a process holds some of the
points (`server.http.leases`) and spends them without asking Redis; it asks for more, or gives the rest back,
beside the requests. While Redis is away each process keeps buckets of its own; a caller then gets at most one
capacity per process, and nobody gets an error for it.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.http.leases import HOLD_SECONDS, SHARE, Asked, Settled, SharedBuckets
from server.telemetry.logging import get_logger
from server.telemetry.prometheus import Meters

logger = get_logger(__name__)

_MOST_LOCAL_BUCKETS = 10_000
_MOST_LEASES = 10_000
_SECONDS_WITHOUT_REDIS = 1.0
_SETTLE_SECONDS = 0.5
_BUSY_SECONDS = 1.0
_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Charge:
    """What became of a request for points. `retry_after` is in whole seconds, 0 when granted.

    `remaining` leaves out what other processes hold of the bucket just now.
    """

    granted: bool
    requested: int
    remaining: int
    retry_after: int = 0


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


@dataclass(slots=True, eq=False)
class _Lease:
    """What this process holds of one bucket, and the bucket as Redis described it last."""

    key: str
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Whoever settles with Redis has it: one at a time for each bucket."""
    held: int = 0
    until: float = -math.inf
    """Nothing held may be spent from then on."""
    low: int = 0
    """With less than this, more is asked for."""
    left: float = 0.0
    most_left: float = 0.0
    at: float = 0.0
    charged_at: float = -math.inf


class Budget:
    """Charges callers. `capacity` points at most, `per_second` come back each second."""

    def __init__(
        self,
        redis: Redis | None,
        *,
        capacity: int = 50_000,
        per_second: int = 1_000,
        prefix: str = "facet:budget:",
        meters: Meters | None = None,
        now: Callable[[], float] = time.monotonic,
        shared_time: Callable[[], float] | None = None,
    ) -> None:
        """`redis` should give up within 0.2 s (see `server.redis.connect`); `shared_time` stands in for its clock."""
        self.capacity, self.per_second, self.prefix = capacity, per_second, prefix
        self._meters, self._now = meters, now
        self._shared: SharedBuckets | None = None
        if redis is not None:
            self._shared = SharedBuckets(
                redis,
                capacity=capacity,
                per_second=per_second,
                prefix=prefix,
                holder=uuid4().hex,
                time=shared_time,
            )
        self._share = max(1, capacity // SHARE)
        self._redis_away_until = -math.inf
        self._leases: OrderedDict[str, _Lease] = OrderedDict()
        self._local: OrderedDict[str, _Bucket] = OrderedDict()
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._settling = asyncio.Lock()
        self._is_stopped = False

    async def charge(self, key: str, points: int) -> Charge:
        """Take `points` from the bucket of `key`, or nothing when it holds less."""
        lease = self._leases.get(key)
        if lease is not None and lease.held >= points:
            now = self._now()
            if now < lease.until:
                return self._spend(lease, points, now)
        return await self._charge_shared(key, points) or self._charge_local(key, points)

    async def settle(self) -> None:
        """Tell Redis what is held of each bucket, and give back what idle callers leave. A timer does it."""
        async with self._settling:
            leases = list(self._due())
            for start in range(0, len(leases), _AT_ONCE):
                await self._settle_all(leases[start : start + _AT_ONCE])

    async def stop(self) -> None:
        """Give back all that is held, and hold nothing from now on."""
        self._is_stopped = True
        if self._timer is not None:
            self._timer.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self.settle()

    def _spend(self, lease: _Lease, points: int, now: float) -> Charge:
        self._leases.move_to_end(lease.key)
        lease.held -= points
        lease.charged_at = now
        if lease.held < lease.low:
            lease.low = 0
            self._run(self._top_up(lease))
        return Charge(True, points, self._remaining(lease, now))

    def _remaining(self, lease: _Lease, now: float) -> int:
        refilled = lease.left + (now - lease.at) * self.per_second
        return max(0, int(min(lease.most_left, refilled) + lease.held))

    async def _charge_shared(self, key: str, points: int) -> Charge | None:
        """None while Redis is away. One asks whether it is back; the others do not wait for that."""
        if self._shared is None or self._now() < self._redis_away_until:
            return None
        lease = self._lease_of(key)
        async with lease.lock:
            now = self._now()
            if now < self._redis_away_until:
                return None
            if lease.held >= points and now < lease.until:
                return self._spend(lease, points, now)
            return await self._ask(self._shared, lease, points, now)

    async def _ask(self, shared: SharedBuckets, lease: _Lease, points: int, now: float) -> Charge | None:
        """Charge the bucket itself, with all that is held of it; hold some when the caller asks often."""
        is_busy = now - lease.charged_at < _BUSY_SECONDS and not self._is_stopped
        lease.charged_at = now
        asked = Asked(give=self._take_held(lease, now), least=points, wish=self._share if is_busy else 0)
        if self._redis_away_until > -math.inf:
            self._redis_away_until = now + _SECONDS_WITHOUT_REDIS
        try:
            settled = await shared.settle(lease.key, asked)
        except (RedisError, OSError) as error:
            self._lost(error)
            return None
        self._redis_away_until = -math.inf
        self._note(lease, asked, settled, now)
        if settled.granted:
            return Charge(True, points, self._remaining(lease, self._now()))
        missing = min(points, self.capacity) - settled.left
        seconds = missing / self.per_second
        if missing <= settled.others:  # other processes give it back sooner than it refills
            seconds = min(seconds, 2 * _SETTLE_SECONDS)
        return Charge(False, points, max(0, int(settled.left)), math.ceil(seconds))

    async def _top_up(self, lease: _Lease) -> None:
        """Hold more, before there is nothing left."""
        async with lease.lock:
            now = self._now()
            if self._shared is None or now < self._redis_away_until:
                return
            if now >= lease.until or self._is_stopped:
                return
            asked = Asked(keep=lease.held, wish=max(0, self._share - lease.held))
            try:
                settled = await self._shared.settle(lease.key, asked)
            except (RedisError, OSError) as error:
                self._lost(error)
                return
            self._note(lease, asked, settled, now)

    def _due(self) -> Iterator[_Lease]:
        now = self._now()
        for lease in self._leases.values():
            if now >= lease.until:
                lease.held = 0
            is_fresh = now - lease.at < _SETTLE_SECONDS / 2 and not self._is_stopped
            if lease.held and not is_fresh and not lease.lock.locked():
                yield lease

    async def _settle_all(self, leases: list[_Lease]) -> None:
        now = self._now()
        if self._shared is None or now < self._redis_away_until:
            return
        async with AsyncExitStack() as locks:
            for lease in leases:
                await locks.enter_async_context(lease.lock)
            asked = {lease.key: self._renewal(lease, now) for lease in leases}
            try:
                settled = await self._shared.settle_all(asked)
                for lease, answer in zip(leases, settled, strict=True):
                    self._note(lease, asked[lease.key], answer, now)
                short = [lease for lease, answer in zip(leases, settled, strict=True) if answer.is_short]
                given = {lease.key: Asked(give=self._take_held(lease, now)) for lease in short}
                answers = await self._shared.settle_all(given) if given else []
            except (RedisError, OSError) as error:
                self._lost(error)
                return
            for lease, answer in zip(short, answers, strict=True):
                self._note(lease, given[lease.key], answer, now)

    def _renewal(self, lease: _Lease, now: float) -> Asked:
        if self._is_stopped or now - lease.charged_at >= _SETTLE_SECONDS:
            return Asked(give=self._take_held(lease, now))
        return Asked(keep=lease.held, wish=max(0, self._share - lease.held))

    def _take_held(self, lease: _Lease, now: float) -> int:
        held = lease.held if now < lease.until else 0
        lease.held = 0
        return held

    def _note(self, lease: _Lease, asked: Asked, settled: Settled, asked_at: float) -> None:
        lease.held += settled.held
        lease.until = asked_at + HOLD_SECONDS
        lease.low = lease.held // 2
        lease.left = settled.left
        lease.most_left = self.capacity - settled.others - asked.keep - settled.held
        lease.at = self._now()
        if lease.held:
            self._start_timer()

    def _lost(self, error: Exception) -> None:
        self._redis_away_until = self._now() + _SECONDS_WITHOUT_REDIS
        logger.warning("budget_without_redis", error=type(error).__name__)

    def _lease_of(self, key: str) -> _Lease:
        lease = self._leases.get(key)
        if lease is None:
            lease = self._leases[key] = _Lease(key)
            if len(self._leases) > _MOST_LEASES:
                self._forget_one()
        else:
            self._leases.move_to_end(key)
        return lease

    def _forget_one(self) -> None:
        """Drop what was used longest ago, unless it holds points: those are given back first."""
        for _, lease in zip(range(_AT_ONCE), self._leases.values(), strict=False):
            if not lease.held and not lease.lock.locked():
                del self._leases[lease.key]
                return

    def _start_timer(self) -> None:
        if self._timer is None and not self._is_stopped:
            self._timer = asyncio.get_running_loop().call_later(_SETTLE_SECONDS, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self._run(self._settle_and_go_on())

    async def _settle_and_go_on(self) -> None:
        await self.settle()
        if any(lease.held for lease in self._leases.values()):
            self._start_timer()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _charge_local(self, key: str, points: int) -> Charge:
        if self._meters is not None and self._shared is not None:
            self._meters.budget_fell_back()
        now = self._now()
        bucket = self._local.pop(key, None) or _Bucket(float(self.capacity), now)
        bucket.left = min(self.capacity, bucket.left + (now - bucket.at) * self.per_second)
        bucket.at = now
        granted = bucket.left >= points
        if granted:
            bucket.left -= points
        self._local[key] = bucket
        if len(self._local) > _MOST_LOCAL_BUCKETS:
            self._local.popitem(last=False)
        missing = 0.0 if granted else min(points, self.capacity) - bucket.left
        return Charge(granted, points, int(bucket.left), math.ceil(missing / self.per_second))
