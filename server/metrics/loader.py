"""Loads the numbers of an operation together: any number of fields about the same windows cost one statement
per source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from server.context import Context
from server.contracts.metrics import Metric, ScopeKind, Source
from server.metrics.catalogue import Catalogue, Column
from server.metrics.compute import Answer, Request, fetch, totals_of
from server.metrics.errors import MetricUnavailable
from server.metrics.measure import Measured, Totals, measured
from server.metrics.windows import Window


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a field wants of a source: every pair of these scopes and windows."""

    source: Source
    kind: ScopeKind
    scope_ids: tuple[int, ...]
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """An answer, and where each window is in it."""

    answer: Answer
    places: Mapping[Window, int]

    def totals(self, column: Column, scope_id: int, window: Window) -> Totals:
        """Raises `MetricUnavailable` when the source failed."""
        return totals_of(self.answer, column, scope_id, self.places[window])


async def answers(ctx: Context, wanted: Sequence[Wanted]) -> list[Found]:
    """For `Context.loader`: what was found, in order. Scopes that want the same windows share a statement."""
    windows_of: dict[tuple[Source, ScopeKind, tuple[int, ...]], dict[Window, None]] = {}
    for want in wanted:
        windows_of.setdefault((want.source, want.kind, want.scope_ids), {}).update(
            dict.fromkeys(want.windows)
        )
    scopes_of: dict[tuple[Source, ScopeKind, frozenset[Window]], dict[int, None]] = {}
    for (source, kind, scope_ids), windows in windows_of.items():
        scopes_of.setdefault((source, kind, frozenset(windows)), {}).update(dict.fromkeys(scope_ids))
    requests = [
        Request(source, kind, tuple(scope_ids), tuple(sorted(windows, key=lambda w: (w.start, w.end))))
        for (source, kind, windows), scope_ids in scopes_of.items()
    ]
    found = {
        key: Found(answer, {window: place for place, window in enumerate(request.windows)})
        for key, request, answer in zip(scopes_of, requests, await fetch(ctx, requests), strict=True)
    }
    return [
        found[want.source, want.kind, frozenset(windows_of[want.source, want.kind, want.scope_ids])]
        for want in wanted
    ]


async def load(
    ctx: Context,
    catalogue: Catalogue,
    metric: Metric,
    kind: ScopeKind,
    scope_ids: Sequence[int],
    windows: Sequence[Window],
) -> list[list[Measured] | MetricUnavailable]:
    """For each scope the metric's values, one for each window, or the failure that stands in their place.

    Whatever else the operation asks for before the first answer shares its statements.
    """
    columns = catalogue.columns(metric)
    scopes, chosen = tuple(scope_ids), tuple(windows)
    found = await ctx.loader(answers).load_many(
        [Wanted(column.source, kind, scopes, chosen) for column in columns]
    )
    sources = list(zip(columns, found, strict=True))
    parts, currency = catalogue.parts(metric), ctx.current_platform.currency

    def values(scope_id: int) -> list[Measured] | MetricUnavailable:
        try:
            return [
                measured(
                    metric, parts, [f.totals(column, scope_id, window) for column, f in sources], currency
                )
                for window in chosen
            ]
        except MetricUnavailable as failure:
            return failure

    return [values(scope_id) for scope_id in scopes]
