"""What each caller may spend on queries: a bucket of points that refills with time.

The buckets are in Redis, so all processes share them. While Redis is away each process keeps buckets of its
own; a caller then gets at most one capacity per process, and nobody gets an error for it.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.telemetry.logging import get_logger
from server.telemetry.prometheus import Meters

logger = get_logger(__name__)

_MOST_LOCAL_BUCKETS = 10_000
_SECONDS_WITHOUT_REDIS = 1.0

_TAKE = """
local capacity, rate, points = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local bucket = redis.call('HMGET', KEYS[1], 'left', 'at')
local left, at = tonumber(bucket[1]) or capacity, tonumber(bucket[2]) or now
left = math.min(capacity, left + math.max(0, now - at) * rate)
local granted = 0
if left >= points then left = left - points; granted = 1 end
redis.call('HSET', KEYS[1], 'left', left, 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil(capacity / rate * 1000) + 1000)
return {granted, tostring(left)}
"""


@dataclass(frozen=True, slots=True)
class Charge:
    """What became of a request for points. `retry_after` is in whole seconds, 0 when granted."""

    granted: bool
    requested: int
    remaining: int
    retry_after: int = 0


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


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
    ) -> None:
        """`redis` should give up within 0.2 s (see `server.redis.connect`)."""
        self.capacity, self.per_second = capacity, per_second
        self._prefix, self._meters, self._now = prefix, meters, now
        self._script = redis.register_script(_TAKE) if redis is not None else None
        self._redis_away_until = -math.inf
        self._local: OrderedDict[str, _Bucket] = OrderedDict()

    async def charge(self, key: str, points: int) -> Charge:
        """Take `points` from the bucket of `key`, or nothing when it holds less."""
        answer = await self._take_shared(key, points)
        granted, left = answer if answer is not None else self._take_local(key, points)
        missing = 0.0 if granted else min(points, self.capacity) - left
        return Charge(granted, points, int(left), math.ceil(missing / self.per_second))

    async def _take_shared(self, key: str, points: int) -> tuple[bool, float] | None:
        if self._script is None or self._now() < self._redis_away_until:
            return None
        if self._redis_away_until > -math.inf:  # one asks whether it is back; the others do not wait for that
            self._redis_away_until = self._now() + _SECONDS_WITHOUT_REDIS
        try:
            granted, left = cast(
                "tuple[int, bytes]",
                await self._script(
                    keys=[self._prefix + key],
                    args=[self.capacity, self.per_second, points],
                ),
            )
        except (RedisError, OSError) as error:
            self._redis_away_until = self._now() + _SECONDS_WITHOUT_REDIS
            logger.warning("budget_without_redis", error=type(error).__name__)
            return None
        self._redis_away_until = -math.inf
        return bool(granted), float(left)

    def _take_local(self, key: str, points: int) -> tuple[bool, float]:
        if self._meters is not None and self._script is not None:
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
        return granted, bucket.left
