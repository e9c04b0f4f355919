"""Demo data: the platforms, people and rows that modules declare, loaded through the importer."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import TextClause, select, text
from sqlalchemy.dialects.postgresql import insert

from server.app import Facet
from server.auth.models import UserAccount
from server.auth.passwords import Passwords
from server.clock import local_day
from server.context import Context, PlatformRecord
from server.contracts.demo import DemoData, DemoPlatform, DemoSeed, DemoUser
from server.contracts.metrics import ScopeKind
from server.contracts.module import ModuleDefinition
from server.db.audit import AuditEntry
from server.events.transaction import transaction
from server.imports.engine import run_import
from server.imports.report import Progress
from server.platforms.models import Platform
from server.platforms.registry import Registry

PASSWORD = "facet-demo"
LOADED = "demo.loaded"
DEMO_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('facet.demo', :platform_id))")
IMPORT_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('facet.import', :platform_id))")
PATIENCE = (
    text("SET LOCAL statement_timeout = 0"),
    text("SET LOCAL idle_in_transaction_session_timeout = 0"),
)

Report = Callable[[str, Progress], None]
"""(code of the platform, progress of its import)"""


def demo_users(registry: Registry) -> list[DemoUser]:
    """Everyone who can sign in to the demo."""
    return [user for _, demo in _declared(registry) for user in demo.users]


def first_query(registry: Registry) -> str:
    """A query to try: up to two platform metrics of every module."""
    lines = []
    for definition in registry.definitions:
        names = [m.name for m in definition.metrics if ScopeKind.PLATFORM in m.scopes][:2]
        if names:
            fields = " ".join(f"{_camel(name)} {{ formatted trendValue }}" for name in names)
            lines.append(f"    {_camel(definition.code)} {{ {fields} }}")
    return "\n".join(["query Numbers {", "  platformMetrics {", *lines, "  }", "}"])


async def load_demo(facet: Facet, report: Report) -> None:
    """Make the demo platforms that are not there yet, whole. What is there is kept.

    A second process that is asked to at the same time waits for the first.
    """
    async with _holding(facet, DEMO_LOCK, 0):
        await _create_accounts(facet)
        for _, demo in _declared(facet.registry):
            for platform in demo.platforms:
                await _load_platform(facet, platform, report)


@asynccontextmanager
async def _holding(facet: Facet, lock: TextClause, platform_id: int) -> AsyncIterator[None]:
    """Wait for a lock, for as long as it takes, and hold it."""
    async with facet.database.session(None) as session:
        for setting in PATIENCE:
            await session.execute(setting)
        await session.execute(lock, {"platform_id": platform_id})
        yield


async def _load_platform(facet: Facet, demo: DemoPlatform, report: Report) -> None:
    record = await _create_platform(facet, demo)
    async with facet.system_context(record) as ctx:
        if await _is_loaded(ctx):
            return
        seed = DemoSeed(demo, local_day(facet.clock.now(), record.zone))
    with TemporaryDirectory(prefix="facet-demo-") as folder:
        _write_rows(facet.registry, seed, Path(folder))
        async with _holding(facet, IMPORT_LOCK, record.id):
            pass  # PostgreSQL may not have noticed yet that a start was killed in the middle of this
        await run_import(facet, record, Path(folder), report=partial(report, demo.code))
    async with facet.system_context(record) as ctx, transaction(ctx):
        for definition, declared in _declared(facet.registry):
            if declared.finish and definition.code in ctx.modules:
                await declared.finish(ctx)
        ctx.audit(LOADED, subject=record.code)


async def _create_platform(facet: Facet, demo: DemoPlatform) -> PlatformRecord:
    off = {
        definition.code for definition, declared in _declared(facet.registry) if demo.code in declared.off_on
    }
    async with facet.database.begin(None) as session:
        values = {
            "code": demo.code,
            "name": demo.name,
            "timezone": demo.timezone,
            "currency": demo.currency,
            "default_modules": sorted(facet.registry.codes - off),
        }
        await session.execute(insert(Platform).values(values).on_conflict_do_nothing())
    facet.platforms.forget_all()
    record = await facet.platforms.by_code(demo.code)
    assert record is not None
    return record


async def _create_accounts(facet: Facet) -> None:
    users = demo_users(facet.registry)
    async with facet.database.begin(None) as session:
        emails = [user.email for user in users]
        known = set(
            (await session.execute(select(UserAccount.email).where(UserAccount.email.in_(emails)))).scalars()
        )
        missing = [user for user in users if user.email not in known]
        if not missing:
            return
        hashed = await Passwords().hash(PASSWORD)
        rows = [
            {
                "email": user.email,
                "name": user.name,
                "is_operator": user.is_operator,
                "password_hash": hashed,
            }
            for user in missing
        ]
        await session.execute(insert(UserAccount).values(rows).on_conflict_do_nothing())


async def _is_loaded(ctx: Context) -> bool:
    statement = (
        select(AuditEntry.id)
        .where(AuditEntry.platform_id == ctx.platform_id, AuditEntry.action == LOADED)
        .limit(1)
    )
    return await ctx.session.scalar(statement) is not None


def _write_rows(registry: Registry, seed: DemoSeed, folder: Path) -> None:
    for definition, demo in _declared(registry):
        if seed.platform.code in demo.off_on:
            continue
        columns = {file.name: [column.name for column in file.columns] for file in definition.imports}
        for name, rows in demo.rows.items():
            with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, columns[name])
                writer.writeheader()
                writer.writerows(rows(seed))


def _declared(registry: Registry) -> Iterator[tuple[ModuleDefinition, DemoData]]:
    return ((definition, definition.demo) for definition in registry.definitions if definition.demo)


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)
