"""The shared buckets in Redis, and the points that processes hold of them to spend without asking.

A bucket knows what each process holds, so what is left in it and what is held are never more than the capacity
together, and refilling stops there. Points that a process does not give back in time, because it ended, are lost
to the refill: nobody may spend them any more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from redis.asyncio import Redis

HOLD_SECONDS = 3.0
"""A process spends what it holds for so long after it last asked."""
LEASE_SECONDS = 5.0
"""Redis believes in a lease for so long: longer than it can be spent, whichever clock is late."""
SHORT_SECONDS = 2.0
"""After a refusal that held points may have caused, nobody gets any to hold for so long."""
SHARE = 16
"""A process holds at most this part of what is left in the bucket."""
LEAST_FULL = 4
"""Nothing may be held of a bucket that is less than this part full: there every point is asked for."""

# Fields of the bucket: `left`, `at` (the time of that), `short` (until when nothing may be held), and for each
# process its id with "<points held>:<until when>".
_SETTLE = f"""
local capacity, rate, me = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local keep, give, least, wish = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local now = tonumber(ARGV[8])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) + tonumber(time[2]) / 1000000
end
local left, at, short, mine, others, ended = capacity, now, 0, 0, 0, 0
local fields = redis.call('HGETALL', KEYS[1])
for i = 1, #fields, 2 do
  local name, value = fields[i], fields[i + 1]
  if name == 'left' then left = tonumber(value)
  elseif name == 'at' then at = tonumber(value)
  elseif name == 'short' then short = tonumber(value)
  else
    local held, ends = string.match(value, '^(.-):(.+)$')
    if tonumber(ends) <= now then
      ended = ended + tonumber(held)
      redis.call('HDEL', KEYS[1], name)
    elseif name == me then mine = tonumber(held)
    else others = others + tonumber(held) end
  end
end
left = math.min(capacity - others - mine - ended, left + math.max(0, now - at) * rate)
left = math.min(capacity - others - keep, left + math.min(give, math.max(0, mine - keep)))
local granted, held = 0, 0
if left >= least then
  granted = 1
  left = left - least
  if short <= now and left * {LEAST_FULL} >= capacity then
    held = math.min(wish, math.floor(left / {SHARE}))
    left = left - held
  end
elseif least > 0 and left + others >= least then
  short = now + {SHORT_SECONDS}
end
redis.call('HSET', KEYS[1], 'left', string.format('%.17g', left), 'at', string.format('%.17g', now), 'short', short)
if keep + held > 0 then
  redis.call('HSET', KEYS[1], me, (keep + held) .. ':' .. string.format('%.17g', now + {LEASE_SECONDS}))
else
  redis.call('HDEL', KEYS[1], me)
end
redis.call('PEXPIRE', KEYS[1], math.ceil((capacity / rate + {LEASE_SECONDS}) * 1000) + 1000)
return {{granted, held, string.format('%.17g', left), string.format('%.17g', others), short > now and 1 or 0}}
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a process says about one bucket: it goes on holding `keep`, gives back `give`, spends `least` at once
    or not at all, and would like to hold `wish` more."""

    keep: int = 0
    give: int = 0
    least: int = 0
    wish: int = 0


@dataclass(frozen=True, slots=True)
class Settled:
    """The answer: whether `least` was granted, what it holds more, and what the bucket and other processes have."""

    granted: bool
    held: int
    left: float
    others: float
    is_short: bool


class SharedBuckets:
    """Settles with the buckets in Redis; raises what the client raises."""

    def __init__(
        self,
        redis: Redis,
        *,
        capacity: int,
        per_second: int,
        prefix: str,
        holder: str,
        time: Callable[[], float] | None = None,
    ) -> None:
        """`holder` is this process. `time` stands in for the clock of Redis, which all processes share."""
        self._redis, self._script = redis, redis.register_script(_SETTLE)
        self._prefix, self._time = prefix, time
        self._fixed = (capacity, per_second, holder)

    async def settle(self, key: str, asked: Asked) -> Settled:
        """Settle with one bucket."""
        return _settled(await self._script(keys=[self._prefix + key], args=self._arguments(asked)))

    async def settle_all(self, asked: dict[str, Asked]) -> list[Settled]:
        """Settle with several, in one round trip."""
        pipeline = self._redis.pipeline(transaction=False)
        for key, one in asked.items():
            await self._script(keys=[self._prefix + key], args=self._arguments(one), client=pipeline)
        return [_settled(answer) for answer in await pipeline.execute()]

    def _arguments(self, asked: Asked) -> list[Any]:
        now = repr(self._time()) if self._time is not None else ""
        return [*self._fixed, asked.keep, asked.give, asked.least, asked.wish, now]


def _settled(answer: Any) -> Settled:
    granted, held, left, others, short = cast("tuple[int, int, bytes, bytes, int]", answer)
    return Settled(bool(granted), held, float(left), float(others), bool(short))
