"""One transaction of a context: what waits for the commit runs after it, and only then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import structlog

from server.context import Context
from server.errors import OutcomeUnknown

log = structlog.get_logger(__name__)


@asynccontextmanager
async def transaction(ctx: Context) -> AsyncIterator[None]:
    """Commit at the end, then run the context's after-commit work and tell its events.

    An exception rolls everything back, drops what waited and goes on to the caller.
    """
    try:
        yield
    except BaseException:
        await roll_back(ctx)
        raise
    await commit(ctx)


async def commit(ctx: Context) -> None:
    """Commit, then run what waited. A failure of that work is logged: the commit stands.

    Once begun it is finished, also when the caller is cancelled meanwhile; that is raised afterwards.
    """
    await ctx.session.flush()
    task = asyncio.ensure_future(_commit(ctx))
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
    task.result()
    if cancelled is not None:
        raise cancelled


async def _commit(ctx: Context) -> None:
    events, ctx.events = ctx.events, []
    after_commit, after_doubt = ctx.take_after_commit(), ctx.take_after_doubt()
    try:
        await ctx.session.commit()
    except OutcomeUnknown:
        await _run(ctx, after_doubt)
        raise
    await _run(ctx, after_commit)
    if events:
        await ctx.services.bus.dispatch(events)


async def _run(ctx: Context, waiting: Sequence[Callable[[], Awaitable[None]]]) -> None:
    for work in waiting:
        try:
            await work()
        except Exception:
            log.exception("after_commit_failed", request_id=ctx.request_id)


async def roll_back(ctx: Context) -> None:
    """Undo the transaction and drop what waited for its commit."""
    ctx.events.clear()
    ctx.take_after_commit()
    ctx.take_after_doubt()
    await ctx.session.rollback()
