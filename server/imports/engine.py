"""Running an import: one folder, one platform, one transaction.

The transaction makes an import atomic and, with merges that leave equal rows alone, repeatable: whatever
stops it, nothing of it is stored, and running it again completes it. Reading files blocks the event loop,
so imports run in a process of their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import text

from server.context import Context, PlatformRecord
from server.contracts.module import ModuleDefinition
from server.events.transaction import transaction
from server.imports.cells import RowParser
from server.imports.errors import ImportAlreadyRunning
from server.imports.planning import Plan, PlannedFile, Planner
from server.imports.rejected import RejectedRows
from server.imports.report import FileReport, ImportReport, Progress
from server.imports.staging import Staging

Report = Callable[[Progress], None]

REPORT_EVERY = 1_000
BEFOREHAND = (
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL idle_in_transaction_session_timeout = 0",
    "SET LOCAL work_mem = '64MB'",
)
LOCK = text("SELECT pg_try_advisory_xact_lock(hashtextextended('facet.import', :platform_id))")


class Modules(Protocol):
    """Every installed module."""

    @property
    def definitions(self) -> Sequence[ModuleDefinition]: ...


class Services(Protocol):
    """What an import needs of the application (`server.app.Facet`)."""

    @property
    def registry(self) -> Modules: ...
    def system_context(self, platform: PlatformRecord) -> AbstractAsyncContextManager[Context]: ...


async def run_import(
    services: Services,
    platform: PlatformRecord,
    folder: Path,
    *,
    recipe: str | None = None,
    rejected_dir: Path | None = None,
    report: Report = lambda _: None,
) -> ImportReport:
    """Import the files in `folder`, or what `recipe` makes of them, into `platform`.

    Wrong rows are left out and written to `rejected_dir`, by default the folder `rejected` in `folder`; the
    other rows land together. Raises `ImportRefused` for a wrong folder, file or header and
    `ImportAlreadyRunning`; then, and when anything else is raised, nothing is stored.
    """
    rejected = RejectedRows(rejected_dir or folder / "rejected")
    async with services.system_context(platform) as ctx:
        planner = Planner(services.registry.definitions, ctx.modules, platform.zone)
        plan = planner.recipe(folder, recipe) if recipe else planner.folder(folder)
        rejected.check_folder()
        tables = {name: file.table for name, file in planner.files.items()}
        try:
            async with transaction(ctx):
                done = await _import_all(ctx, plan, tables, rejected, report)
                ctx.audit("data.imported", subject=platform.code, after=_summary(done, recipe))
        except BaseException:
            rejected.discard()
            raise
    rejected.publish()
    return ImportReport(files=done, warnings=plan.warnings)


async def _import_all(
    ctx: Context, plan: Plan, tables: dict[str, str], rejected: RejectedRows, report: Report
) -> tuple[FileReport, ...]:
    if not await ctx.session.scalar(LOCK, {"platform_id": ctx.platform_id}):
        raise ImportAlreadyRunning(
            f"Another import into the platform {ctx.current_platform.code} is running; wait until it is done."
        )
    for statement in BEFOREHAND:
        await ctx.session.execute(text(statement))
    return tuple([await _import_file(ctx, planned, tables, rejected, report) for planned in plan.files])


async def _import_file(
    ctx: Context, planned: PlannedFile, tables: dict[str, str], rejected: RejectedRows, report: Report
) -> FileReport:
    file, source = planned.file, planned.source
    staging = Staging(ctx.session, ctx.platform_id, file, tables)
    await staging.open()
    await staging.copy(_parsed(planned, report))
    refused = await staging.judge()
    rejected_file = None
    if refused:
        rejected_file = await rejected.write(file.name, source, staging.rejected())
    else:
        rejected.none(file.name)
    if file.before_merge:
        await file.before_merge(ctx)
    merged = await staging.merge()
    if file.after_merge:
        await file.after_merge(ctx)
    return FileReport(
        name=file.name,
        read=merged.staged + refused,
        inserted=merged.inserted,
        updated=merged.updated,
        unchanged=merged.staged - merged.inserted - merged.updated,
        rejected=refused,
        rejected_file=rejected_file,
    )


async def _parsed(planned: PlannedFile, report: Report) -> AsyncIterator[list[Any]]:
    """The rows of a file as `incoming` takes them: line, reason, values. Lets others run now and then."""
    file, source = planned.file, planned.source
    parse = RowParser(file.columns, source.header, source.zone)
    nothing = [None] * len(file.columns)
    read = 0
    share = _Share()
    for read, row in enumerate(source.rows(share.set), start=1):
        values, reason = ([], row.problem) if row.problem else parse(row.cells)
        yield [row.line, reason, *nothing] if reason else [row.line, None, *values]
        if read % REPORT_EVERY == 0:
            report(Progress(file.name, read, share=share.value))
            await asyncio.sleep(0)
    report(Progress(file.name, read, rows_total=read, share=1.0, done=True))


class _Share:
    """How much of a source has been read; None until it says so."""

    value: float | None = None

    def set(self, value: float) -> None:
        self.value = value


def _summary(files: Iterable[FileReport], recipe: str | None) -> dict[str, Any]:
    return {"recipe": recipe, "files": {file.name: file.counts() for file in files}}
