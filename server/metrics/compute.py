"""Numbers from their sources: one statement per source for any number of scopes, metrics and windows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session as OrmSession

from server.context import Context
from server.contracts.metrics import Metric, ScopeKind, Source
from server.db.engine import send
from server.metrics.catalogue import Catalogue, Column
from server.metrics.errors import MetricUnavailable
from server.metrics.measure import NO_CURRENCY, Measured, Totals, measured
from server.metrics.statement import statement
from server.metrics.windows import Window
from server.telemetry.logging import get_logger

logger = get_logger(__name__)

NOTHING: Totals = {}


class SourceFailed(Exception):
    """A source gave no numbers. The cause is in the log, not in the message: it may hold SQL."""


@dataclass(frozen=True, slots=True)
class Request:
    """One statement: a source, for every pair of the scopes and windows."""

    source: Source
    kind: ScopeKind
    scope_ids: tuple[int, ...]
    windows: tuple[Window, ...]


@dataclass(slots=True)
class Rows:
    """What a source answered. A scope and window without a row holds nothing."""

    columns: frozenset[str]
    _cells: dict[tuple[int, int, str], dict[str, int]] = field(default_factory=dict)

    def totals(self, scope_id: int, bucket: int, column: str) -> Totals:
        """A column by currency; raises `KeyError` when the source has no such column."""
        if column not in self.columns:
            raise KeyError(column)
        return self._cells.get((scope_id, bucket, column), NOTHING)

    def add(self, row: Mapping[str, Any]) -> None:
        currency = row.get("currency") or NO_CURRENCY
        for column in self.columns:
            cell = self._cells.setdefault((row["scope"], row["bucket"], column), {})
            cell[currency] = cell.get(currency, 0) + int(row[column] or 0)


Answer: TypeAlias = Rows | SourceFailed


async def fetch(ctx: Context, requests: Sequence[Request]) -> list[Answer]:
    """The answers in order. A statement that fails costs its own answer only.

    All statements run in one turn of the operation's session, so they see its snapshot, and behind one
    savepoint, to which a failure goes back. That is two short round trips for any number of sources, less than
    a savepoint for each of them, or a second session with a connection and a snapshot of its own. A lost
    connection is raised.
    """
    if not requests:
        return []
    platform_id = ctx.platform_id

    def run(session: OrmSession) -> list[Answer]:
        return _run(session.connection(), requests, platform_id)

    async with ctx.session.turn():
        return await ctx.session.run_sync(run)


def _run(connection: Connection, requests: Sequence[Request], platform_id: int) -> list[Answer]:
    answers: list[Answer] = []
    send(connection, "SAVEPOINT metrics")
    for request in requests:
        try:
            answers.append(_answer(connection, request, platform_id))
        except DBAPIError as error:
            send(connection, "ROLLBACK TO SAVEPOINT metrics")
            answers.append(_failed(request.source, error))
        except (KeyError, TypeError, ValueError) as error:
            answers.append(_failed(request.source, error))
    send(connection, "RELEASE SAVEPOINT metrics")
    return answers


def _answer(connection: Connection, request: Request, platform_id: int) -> Rows:
    clause = statement(request.source, request.kind)
    values = {
        "bucket_ids": list(range(len(request.windows))),
        "bucket_starts": [window.start for window in request.windows],
        "bucket_ends": [window.end for window in request.windows],
        "scopes": list(request.scope_ids),
        "platform_id": platform_id,
    }
    result = connection.execute(clause, {name: values[name] for name in clause._bindparams})
    rows = Rows(frozenset(result.keys()) - {"scope", "bucket", "currency"})
    for row in result.mappings():
        rows.add(row)  # type: ignore[arg-type]  # a RowMapping has str keys here
    return rows


def _failed(source: Source, error: Exception) -> SourceFailed:
    logger.error("metric_source_failed", source=source.code, error=error, exc_info=error)
    return SourceFailed(source.code)


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
    """The values of `metrics` for every scope and window: one statement per source."""
    sources = {column.source: None for metric in metrics for column in catalogue.columns(metric)}
    requests = [Request(source, kind, tuple(scope_ids), tuple(windows)) for source in sources]
    answers = dict(zip(sources, await fetch(ctx, requests), strict=True))
    places = {window: index for index, window in enumerate(windows)}

    def totals(column: Column, scope_id: int, window: Window) -> Totals:
        return totals_of(answers[column.source], column, scope_id, places[window])

    return Values(totals, catalogue, ctx.current_platform.currency)


def totals_of(answer: Answer, column: Column, scope_id: int, bucket: int) -> Totals:
    """A column of an answer; raises `MetricUnavailable` when there is none."""
    if isinstance(answer, SourceFailed):
        raise unavailable() from answer
    try:
        return answer.totals(scope_id, bucket, column.name)
    except KeyError as error:
        logger.error("metric_column_missing", source=column.source.code, column=column.name)
        raise unavailable() from error


def unavailable() -> MetricUnavailable:
    return MetricUnavailable(
        "This number cannot be computed just now; the others are right. Try again later."
    )
