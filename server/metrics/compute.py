"""Numbers from their sources: one statement for any number of sources, scopes, metrics and windows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from server.context import Context
from server.contracts.metrics import Metric, ScopeKind, Source
from server.metrics.asking import SourceFailed, ask
from server.metrics.catalogue import Catalogue, Column
from server.metrics.errors import MetricUnavailable
from server.metrics.measure import NO_CURRENCY, Measured, Totals, measured
from server.metrics.statement import FIRST_COLUMN, Branch
from server.metrics.windows import Window
from server.telemetry.logging import get_logger

logger = get_logger(__name__)

NOTHING: Totals = {}


@dataclass(slots=True)
class Request:
    """Columns of a source, for every pair of the scopes and windows."""

    source: Source
    kind: ScopeKind
    columns: tuple[str, ...]
    scope_ids: tuple[int, ...]
    windows: tuple[Window, ...]


@dataclass(slots=True)
class Rows:
    """What a source answered. A scope and window without a row holds nothing."""

    places: Mapping[str, int]
    """Where each column is in a row."""
    cells: dict[tuple[int, int], list[Any]]
    """Rows by scope and bucket, one for each currency."""

    def totals(self, scope_id: int, bucket: int, column: str) -> Totals:
        """A column by currency; raises `KeyError` when it was not asked for."""
        place = self.places[column]
        rows = self.cells.get((scope_id, bucket))
        if rows is None:
            return NOTHING
        totals: dict[str, int] = {}
        for row in rows:
            currency = row[3] or NO_CURRENCY
            totals[currency] = totals.get(currency, 0) + (row[place] or 0)
        return totals

    def counts(self, scope_ids: Iterable[int], bucket: int, place: int) -> list[int]:
        """The column in that place for each scope, of whatever currency."""
        cells = self.cells
        found = [cells.get((scope_id, bucket), ()) for scope_id in scope_ids]
        return [
            rows[0][place] or 0 if len(rows) == 1 else sum([row[place] or 0 for row in rows])
            for rows in found
        ]


Answer: TypeAlias = Rows | SourceFailed


async def fetch(ctx: Context, requests: Sequence[Request]) -> list[Answer]:
    """The answers in order. A source that fails costs its own answer only; a lost connection is raised."""
    scopes: dict[tuple[int, ...], int] = {}
    windows: dict[tuple[Window, ...], int] = {}
    branches = [
        Branch(
            request.source,
            request.kind,
            request.columns,
            scopes.setdefault(request.scope_ids, len(scopes)),
            windows.setdefault(request.windows, len(windows)),
        )
        for request in requests
    ]
    found = await ask(ctx, branches, list(scopes), list(windows))
    return [
        rows if isinstance(rows, SourceFailed) else _indexed(branch, rows)
        for branch, rows in zip(branches, found, strict=True)
    ]


def _indexed(branch: Branch, rows: Sequence[Any]) -> Rows:
    cells: dict[tuple[int, int], list[Any]] = {}
    for row in rows:
        key = row[1], row[2]
        if key in cells:
            cells[key].append(row)
        else:
            cells[key] = [row]
    return Rows(_places(branch.columns), cells)


@lru_cache(maxsize=1_024)
def _places(columns: tuple[str, ...]) -> Mapping[str, int]:
    return {name: place for place, name in enumerate(columns, FIRST_COLUMN)}


@dataclass(frozen=True, slots=True)
class Values:
    """Values of metrics for scopes and windows."""

    _totals: Callable[[Column, int, Window], Totals]
    _catalogue: Catalogue
    _currency: str

    def of(self, metric: Metric, scope_id: int, window: Window) -> Measured:
        """One value; raises `MetricUnavailable` when a source of it failed."""
        totals = [self._totals(column, scope_id, window) for column in self._catalogue.columns(metric)]
        return measured(metric, self._catalogue.parts(metric), totals, self._currency)


async def compute(
    ctx: Context,
    catalogue: Catalogue,
    metrics: Iterable[Metric],
    kind: ScopeKind,
    scope_ids: Sequence[int],
    windows: Sequence[Window],
) -> Values:
    """The values of `metrics` for every scope and window, in one statement."""
    wanted: dict[Source, dict[str, None]] = {}
    for metric in metrics:
        for column in catalogue.columns(metric):
            wanted.setdefault(column.source, {})[column.name] = None
    requests = [
        Request(source, kind, tuple(columns), tuple(scope_ids), tuple(windows))
        for source, columns in wanted.items()
    ]
    answers = dict(zip(wanted, await fetch(ctx, requests), strict=True))
    places = {window: index for index, window in enumerate(windows)}

    def totals(column: Column, scope_id: int, window: Window) -> Totals:
        answer = answers[column.source]
        if isinstance(answer, SourceFailed):
            raise unavailable() from answer
        return answer.totals(scope_id, places[window], column.name)

    return Values(totals, catalogue, ctx.current_platform.currency)


def unavailable() -> MetricUnavailable:
    return MetricUnavailable(
        "This number cannot be computed just now; the others are right. Try again later."
    )
