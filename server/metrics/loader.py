"""Loads the numbers of an operation together: whatever its fields ask for at once is one statement."""

from __future__ import annotations

from asyncio import CancelledError, Future, Task, get_running_loop
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from server.context import Context
from server.contracts.metrics import ScopeKind, Source
from server.metrics.asking import SourceFailed
from server.metrics.catalogue import Column
from server.metrics.compute import Answer, Request, Rows, fetch, unavailable
from server.metrics.windows import Window


class Wanted(NamedTuple):
    """What a field wants: columns, for every pair of these scopes and windows."""

    columns: tuple[Column, ...]
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

    def covers(self, column: str, windows: Iterable[Window]) -> bool:
        """Whether that was asked for."""
        if isinstance(self.answer, Rows) and column not in self.answer.places:
            return False
        return all(window in self.buckets for window in windows)


Place: TypeAlias = tuple[Source, ScopeKind, tuple[int, ...]]
"""One source about some scopes."""


_NOTHING = Wanted((), ScopeKind.PLATFORM, (), ())


class Numbers:
    """The numbers of one operation. What it found once it does not ask for again."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._found: dict[Place, Found] = {}
        self._waiting: list[tuple[Wanted, Future[list[Found]]]] = []
        self._work: Task[None] | None = None

    async def load(self, wanted: Wanted) -> list[Found]:
        """What was found for each column; read with whatever else the operation asks for meanwhile."""
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

    async def _answer(self, waiting: list[tuple[Wanted, Future[list[Found]]]]) -> None:
        try:
            requests = _requests(self._lacking([wanted for wanted, _ in waiting]))
            if requests:
                for (request, places), answer in zip(
                    requests, await fetch(self._ctx, [request for request, _ in requests]), strict=True
                ):
                    found = Found(answer, {window: bucket for bucket, window in enumerate(request.windows)})
                    self._found.update(dict.fromkeys(places, found))
        except BaseException as error:
            for _, future in waiting:
                if not future.done():
                    future.cancel() if isinstance(error, CancelledError) else future.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        known = self._found
        for (columns, kind, scope_ids, _), future in waiting:
            if not future.done():
                future.set_result([known[column.source, kind, scope_ids] for column in columns])

    def _lacking(self, wanted: list[Wanted]) -> list[Wanted]:
        """What has to be asked for: everything about scopes of which not all is known."""
        known = self._found
        if not known:
            return wanted
        lacking: set[tuple[ScopeKind, tuple[int, ...]]] = set()
        for columns, kind, scope_ids, windows in wanted:
            for column in columns:
                found = known.get((column.source, kind, scope_ids))
                if found is None or not found.covers(column.name, windows):
                    lacking.add((kind, scope_ids))
        return [want for want in wanted if (want.kind, want.scope_ids) in lacking]


def _requests(wanted: list[Wanted]) -> list[tuple[Request, list[Place]]]:
    """What to ask for, with the places it is the answer for."""
    _, kind, scope_ids, windows = about = wanted[0] if wanted else _NOTHING
    if all(want[1:] == about[1:] for want in wanted):
        # As most dashboards do: everything about the same.
        names_of: dict[Source, dict[str, None]] = {}
        for want in wanted:
            for column in want.columns:
                names_of.setdefault(column.source, {})[column.name] = None
        return [
            (Request(source, kind, tuple(names), scope_ids, windows), [(source, kind, scope_ids)])
            for source, names in names_of.items()
        ]
    return _merged(wanted)


def _merged(wanted: list[Wanted]) -> list[tuple[Request, list[Place]]]:
    """The same, for what is about different scopes or windows."""
    columns_of: dict[tuple[Source, ScopeKind], dict[str, None]] = {}
    windows_of: dict[Place, dict[Window, None]] = {}
    for columns, kind, scope_ids, windows in wanted:
        for column in columns:
            columns_of.setdefault((column.source, kind), {})[column.name] = None
            windows_of.setdefault((column.source, kind, scope_ids), {}).update(dict.fromkeys(windows))
    # Scopes that want the same windows of a source are asked about together.
    places_of: dict[tuple[Source, ScopeKind, tuple[Window, ...]], list[Place]] = {}
    for place, chosen in windows_of.items():
        places_of.setdefault((place[0], place[1], tuple(sorted(chosen))), []).append(place)
    return [
        (Request(source, kind, tuple(columns_of[source, kind]), _scopes(places), windows), places)
        for (source, kind, windows), places in places_of.items()
    ]


def _scopes(places: Sequence[Place]) -> tuple[int, ...]:
    if len(places) == 1:
        return places[0][2]
    return tuple(dict.fromkeys(scope_id for place in places for scope_id in place[2]))


def numbers_of(ctx: Context) -> Numbers:
    """Those of the operation, until it has changed something."""
    found: Any = ctx.shared_loader(Numbers, lambda: Numbers(ctx))  # type: ignore[arg-type,return-value]
    numbers: Numbers = found
    return numbers
