"""What a process remembers about platforms, and how it learns that it must forget."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

Monotonic = Callable[[], float]


class Freshness:
    """How long a remembered value is trusted: long while invalidations arrive, short while they cannot."""

    def __init__(
        self, seconds: float, seconds_without_redis: float, monotonic: Monotonic = time.monotonic
    ) -> None:
        self.monotonic = monotonic
        self.is_connected = False
        self._connected_seconds, self._lost_seconds = seconds, seconds_without_redis

    @property
    def seconds(self) -> float:
        return self._connected_seconds if self.is_connected else self._lost_seconds


class _Load(Generic[Value]):
    """A load under way. One that an invalidation overtook is answered to those who wait and not kept."""

    def __init__(self, task: asyncio.Task[Value]) -> None:
        self.task = task
        self.is_overtaken = False


class FreshCache(Generic[Key, Value]):
    """Values by key, each loaded once for everybody who asks at the same time.

    The oldest of `max_size` entries makes room for a new one.
    """

    def __init__(
        self, load: Callable[[Key], Awaitable[Value]], freshness: Freshness, *, max_size: int = 50_000
    ) -> None:
        self._load, self._freshness, self._max_size = load, freshness, max_size
        self._entries: dict[Key, tuple[float, Value]] = {}
        self._loads: dict[Key, _Load[Value]] = {}

    async def get(self, key: Key) -> Value:
        """The value; raises what the load raises, which is not remembered."""
        entry = self._entries.get(key)
        if entry is not None and self._freshness.monotonic() - entry[0] < self._freshness.seconds:
            return entry[1]
        load = self._loads.get(key)
        if load is None:
            load = self._start(key)
        return await asyncio.shield(load.task)

    def forget(self, key: Key) -> None:
        """Drop one value; a load of it that has begun will not be kept either."""
        self._entries.pop(key, None)
        load = self._loads.pop(key, None)
        if load is not None:
            load.is_overtaken = True

    def forget_all(self) -> None:
        """Drop every value and every load that has begun."""
        self._entries.clear()
        for load in self._loads.values():
            load.is_overtaken = True
        self._loads.clear()

    def forget_where(self, condition: Callable[[Value], bool]) -> None:
        """Drop the values that meet `condition`, and every load that has begun."""
        for key in [key for key, (_, value) in self._entries.items() if condition(value)]:
            del self._entries[key]
        for load in self._loads.values():
            load.is_overtaken = True
        self._loads.clear()

    def _start(self, key: Key) -> _Load[Value]:
        began = self._freshness.monotonic()
        load = self._loads[key] = _Load(asyncio.ensure_future(self._load(key)))

        def finish(task: asyncio.Task[Value]) -> None:
            if self._loads.get(key) is load:
                del self._loads[key]
            if task.cancelled() or task.exception() is not None or load.is_overtaken:
                return
            self._entries.pop(key, None)
            self._entries[key] = (began, task.result())
            if len(self._entries) > self._max_size:
                del self._entries[next(iter(self._entries))]

        load.task.add_done_callback(finish)
        return load
