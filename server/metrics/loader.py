"""Loads the numbers of an operation together: any number of fields about the same windows cost one statement
per source."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass

from server.context import Context
from server.contracts.metrics import Metric, ScopeKind, Source
from server.metrics.catalogue import Catalogue, Column
from server.metrics.compute import Answer, Request, fetch, totals_of
from server.metrics.measure import Measured, Totals, measured
from server.metrics.windows import Window


@dataclass(frozen=True, slots=True)
class CellKey:
    """One scope and window of a source."""

    source: Source
    kind: ScopeKind
    scope_id: int
    window: Window


@dataclass(frozen=True, slots=True)
class Cell:
    """Where in an answer the key's columns are."""

    answer: Answer
    bucket: int


async def cells(ctx: Context, keys: Sequence[CellKey]) -> list[Cell]:
    """For `Context.loader`: the cells in order. Scopes that want the same windows share a statement."""
    wanted: dict[tuple[Source, ScopeKind, int], dict[Window, None]] = {}
    for key in keys:
        wanted.setdefault((key.source, key.kind, key.scope_id), {})[key.window] = None
    shared: dict[tuple[Source, ScopeKind, frozenset[Window]], list[int]] = {}
    for (source, kind, scope_id), windows in wanted.items():
        shared.setdefault((source, kind, frozenset(windows)), []).append(scope_id)
    requests = [
        Request(source, kind, tuple(scope_ids), tuple(sorted(windows, key=lambda w: (w.start, w.end))))
        for (source, kind, windows), scope_ids in shared.items()
    ]
    found: dict[CellKey, Cell] = {}
    for request, answer in zip(requests, await fetch(ctx, requests), strict=True):
        for bucket, window in enumerate(request.windows):
            for scope_id in request.scope_ids:
                found[CellKey(request.source, request.kind, scope_id, window)] = Cell(answer, bucket)
    return [found[key] for key in keys]


def load(
    ctx: Context,
    catalogue: Catalogue,
    metric: Metric,
    kind: ScopeKind,
    scope_id: int,
    windows: Sequence[Window],
) -> Awaitable[list[Measured]]:
    """The values of a metric for one scope, one for each window.

    It asks at once and answers when awaited, so that everything asked for before the first answer shares its
    statements. Awaiting raises `MetricUnavailable` when a source failed.
    """
    columns = catalogue.columns(metric)
    keys = [CellKey(column.source, kind, scope_id, window) for window in windows for column in columns]
    loading = ctx.loader(cells).load_many(keys)

    async def values() -> list[Measured]:
        found = iter(await loading)
        parts, currency = catalogue.parts(metric), ctx.current_platform.currency
        return [
            measured(metric, parts, [_totals(next(found), column, scope_id) for column in columns], currency)
            for _ in windows
        ]

    return values()


def _totals(cell: Cell, column: Column, scope_id: int) -> Totals:
    return totals_of(cell.answer, column, scope_id, cell.bucket)
