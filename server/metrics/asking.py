"""Sending the statements of sources: all of them as one, and one by one when that fails."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import TextClause, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session as OrmSession

from server.context import Context
from server.contracts.metrics import Source
from server.db.engine import send
from server.db.failures import sqlstate
from server.metrics.statement import Branch, check, spelt_out, statement, values
from server.metrics.windows import Window
from server.telemetry.logging import get_logger

logger = get_logger(__name__)

APART_FOR = timedelta(minutes=1)
"""So long a source that failed is asked by itself, so that its siblings do not fail with it again."""

_TOOK_TOO_LONG = "57014"
_LIMIT = text(
    "SELECT CAST(setting AS integer), clock_timestamp() FROM pg_settings WHERE name = 'statement_timeout'"
)
_SHORTEN = text("SELECT set_config('statement_timeout', CAST(CAST(:limit AS integer) AS text), true)")
_failed_at: dict[Source, datetime] = {}


class SourceFailed(Exception):
    """A source gave no numbers. The cause is in the log, not in the message: it may hold SQL."""


Found: TypeAlias = Sequence[Any] | SourceFailed


async def ask(
    ctx: Context,
    branches: Sequence[Branch],
    scopes: Sequence[tuple[int, ...]],
    windows: Sequence[tuple[Window, ...]],
) -> list[Found]:
    """The rows of each branch, in order, from one statement.

    When that fails, each is asked by itself, and again for a minute what failed: whatever breaks one source costs
    that one's numbers only. A statement that took too long is not waited for twice: by themselves all branches
    together get as much time as one statement may take. A lost connection is raised.
    """
    asking = _Asking(ctx, scopes, windows)
    found: dict[int, Found] = {}
    together, apart = [], []
    for place, branch in enumerate(branches):
        wrong = check(branch.source)
        if wrong is not None:
            found[place] = failed(branch.source, ValueError(wrong))
        elif _failed_at and _failed_lately(branch.source, ctx.asked_at):
            apart.append(place)
        else:
            together.append(place)
    limited = False
    if len(together) > 1:
        try:
            found.update(await asking.together(branches, together))
        except DBAPIError as error:
            limited = sqlstate(error) == _TOOK_TOO_LONG
            if limited:
                _failed_at.update((branches[place].source, ctx.asked_at) for place in together)
            logger.warning("metric_sources_failed_together", error=error)
            apart += together
    else:
        apart += together
    if apart:
        found.update(await asking.one_by_one(branches, apart, limited=limited))
    return [found[place] for place in range(len(branches))]


class _Asking:
    """The statements about some scopes and windows, in one transaction."""

    def __init__(
        self, ctx: Context, scopes: Sequence[tuple[int, ...]], windows: Sequence[tuple[Window, ...]]
    ) -> None:
        self._ctx = ctx
        self._values = values(ctx.platform_id, scopes, windows)
        self._lengths = tuple([spelt_out(len(group)) for group in windows])

    async def together(self, branches: Sequence[Branch], places: Sequence[int]) -> dict[int, Found]:
        """One statement for all `places`."""
        rows = await self._rows(statement(tuple([branches[place] for place in places]), self._lengths))
        groups: list[list[Any]] = [[] for _ in places]
        for row in rows:
            groups[row[0]].append(row)
        return dict(zip(places, groups, strict=True))

    async def one_by_one(
        self, branches: Sequence[Branch], places: Sequence[int], *, limited: bool
    ) -> dict[int, Found]:
        """A statement for each; `limited`: all together may take as long as one."""
        found: dict[int, Found] = {}
        limit = _Limit(self._ctx, len(places)) if limited else None
        for place in places:
            branch = branches[place]
            try:
                if limit is not None:
                    await limit.share()
                found[place] = await self._rows(statement((branch,), self._lengths))
            except DBAPIError as error:
                _failed_at[branch.source] = self._ctx.asked_at
                found[place] = failed(branch.source, error)
        if limit is not None:
            await limit.lift()
        return found

    async def _rows(self, clause: TextClause) -> Sequence[Any]:
        session = self._ctx.session
        if session.reads_only:
            return await session.rows(clause, self._values)

        def behind_savepoint(orm: OrmSession) -> Sequence[Any]:
            connection = orm.connection()
            send(connection, "SAVEPOINT metrics")
            try:
                return connection.execute(clause, self._values).all()
            except DBAPIError:
                send(connection, "ROLLBACK TO SAVEPOINT metrics")
                raise
            finally:
                if not connection.invalidated:
                    send(connection, "RELEASE SAVEPOINT metrics")

        async with session.turn():
            return await session.run_sync(behind_savepoint)


class _Limit:
    """Divides the time of one statement among several."""

    def __init__(self, ctx: Context, parts: int) -> None:
        self._rows, self._parts = ctx.session.rows, parts
        self._whole = 0
        self._end = ctx.asked_at

    async def share(self) -> None:
        """Let the next statement take its part of the time that is left."""
        ((whole, now),) = await self._rows(_LIMIT)
        if not self._whole:
            self._whole, self._end = whole, now + timedelta(milliseconds=whole)
        if self._whole:
            left = (self._end - now) / timedelta(milliseconds=1)
            await self._shorten(max(1, int(left / self._parts)))
            self._parts -= 1

    async def lift(self) -> None:
        """As it was."""
        if self._whole:
            await self._shorten(self._whole)

    async def _shorten(self, limit: int) -> None:
        await self._rows(_SHORTEN, {"limit": limit})


def failed(source: Source, error: Exception) -> SourceFailed:
    """What stands for the rows of a source; the cause goes into the log."""
    logger.error("metric_source_failed", source=source.code, error=error, exc_info=error)
    return SourceFailed(source.code)


def _failed_lately(source: Source, now: datetime) -> bool:
    at = _failed_at.get(source)
    if at is None:
        return False
    if at <= now < at + APART_FOR:
        return True
    del _failed_at[source]
    return False
