"""Loads the numbers of an operation together: whatever its fields ask for at once is one statement."""

from __future__ import annotations

from asyncio import CancelledError, Future, Task, get_running_loop
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from server.context import Context
from server.contracts.metrics import ScopeKind, Source
from server.metrics.asking import SourceFailed
from server.metrics.compute import Answer, Request, Rows, fetch, unavailable
from server.metrics.windows import Window


class Wanted(NamedTuple):
    """What a field wants: a column of a source, for every pair of these scopes and windows."""

    source: Source
    column: str
    kind: ScopeKind
    scope_ids: tuple[int, ...]
    windows: tuple[Window, ...]


@dataclass(slots=True)
class Found:
    """An answer, and the bucket of each window in it."""

    answer: Answer
    buckets: dict[Window, int]

    @property
    def rows(self) -> Rows:
        """Raises `MetricUnavailable` when the source failed."""
        if isinstance(self.answer, SourceFailed):
            raise unavailable() from self.answer
        return self.answer

    def covers(self, want: Wanted) -> bool:
        """Whether what is wanted was asked for."""
        if not all(window in self.buckets for window in want.windows):
            return False
        return isinstance(self.answer, SourceFailed) or want.column in self.answer.places


Place: TypeAlias = tuple[Source, ScopeKind, tuple[int, ...]]
"""One source about some scopes."""


class Numbers:
    """The numbers of one operation. What it found once it does not ask for again."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._found: dict[Place, Found] = {}
        self._waiting: list[tuple[Sequence[Wanted], Future[list[Found]]]] = []
        self._work: Task[None] | None = None

    async def load(self, wanted: Sequence[Wanted]) -> list[Found]:
        """What was found for each, in order; with whatever else the operation asks for meanwhile."""
        loop = get_running_loop()
        answer: Future[list[Found]] = loop.create_future()
        if not self._waiting:
            # Two rounds of the loop: fields at the same depth that have to be awaited first are here by then.
            loop.call_soon(loop.call_soon, self._start)
        self._waiting.append((wanted, answer))
        return await answer

    def _start(self) -> None:
        waiting, self._waiting = self._waiting, []
        self._work = get_running_loop().create_task(self._answer(waiting))

    async def _answer(self, waiting: list[tuple[Sequence[Wanted], Future[list[Found]]]]) -> None:
        try:
            await self._find([want for wanted, _ in waiting for want in wanted])
        except BaseException as error:
            for _, answer in waiting:
                if not answer.done():
                    answer.cancel() if isinstance(error, CancelledError) else answer.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        found = self._found
        for wanted, answer in waiting:
            if not answer.done():
                answer.set_result([found[want.source, want.kind, want.scope_ids] for want in wanted])

    async def _find(self, wanted: Sequence[Wanted]) -> None:
        windows_of: dict[Place, dict[Window, None]] = {}
        columns_of: dict[tuple[Source, ScopeKind], dict[str, None]] = {}
        for want in self._lacking(wanted):
            place = want.source, want.kind, want.scope_ids
            windows_of.setdefault(place, {}).update(dict.fromkeys(want.windows))
            columns_of.setdefault(place[:2], {})[want.column] = None
        if not windows_of:
            return
        # Scopes that want the same windows of a source are asked about together.
        places_of: dict[tuple[Source, ScopeKind, frozenset[Window]], list[Place]] = {}
        for place, windows in windows_of.items():
            places_of.setdefault((*place[:2], frozenset(windows)), []).append(place)
        requests = [
            Request(source, kind, tuple(columns_of[source, kind]), _scopes(places), _in_order(windows))
            for (source, kind, windows), places in places_of.items()
        ]
        for request, answer, places in zip(
            requests, await fetch(self._ctx, requests), places_of.values(), strict=True
        ):
            found = Found(answer, {window: bucket for bucket, window in enumerate(request.windows)})
            self._found.update(dict.fromkeys(places, found))

    def _lacking(self, wanted: Sequence[Wanted]) -> Sequence[Wanted]:
        """What has to be asked for: everything about places of which not all is known."""
        if not self._found:
            return wanted
        known = self._found
        lacking = set()
        for want in wanted:
            place = want.source, want.kind, want.scope_ids
            if place not in known or not known[place].covers(want):
                lacking.add(place)
        return [want for want in wanted if (want.source, want.kind, want.scope_ids) in lacking]


def _scopes(places: Sequence[Place]) -> tuple[int, ...]:
    if len(places) == 1:
        return places[0][2]
    return tuple(dict.fromkeys(scope_id for place in places for scope_id in place[2]))


def _in_order(windows: frozenset[Window]) -> tuple[Window, ...]:
    return tuple(sorted(windows, key=lambda window: (window.start, window.end)))


def numbers_of(ctx: Context) -> Numbers:
    """Those of the operation, until it has changed something."""
    found: Any = ctx.shared_loader(Numbers, lambda: Numbers(ctx))  # type: ignore[arg-type,return-value]
    numbers: Numbers = found
    return numbers
