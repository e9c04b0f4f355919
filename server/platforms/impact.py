"""What switching modules changes for a platform's callers, told before or after it is done."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, Select, Text, cast, func, literal, literal_column, or_, select, union_all

from server.auth.audience import Audience
from server.auth.models import ApiKey
from server.context import Context
from server.platforms.checks.tables import tables_of
from server.platforms.module_sets import ModuleState
from server.platforms.registry import Registry
from server.platforms.services import services

COUNTED_ROWS = 1_000_000


@dataclass(frozen=True, slots=True)
class TableRows:
    """How many rows of the platform a table keeps, counted up to `COUNTED_ROWS`."""

    table: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TogglePlan:
    """The step from one state to another. `enable` has requirements first, `disable` has them last."""

    before: ModuleState
    after: ModuleState
    enable: tuple[str, ...]
    disable: tuple[str, ...]
    fields_added: tuple[str, ...] = ()
    fields_removed: tuple[str, ...] = ()
    rows_kept: tuple[TableRows, ...] = ()
    api_clients: tuple[str, ...] = ()
    menu_items: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def switched(
    registry: Registry, before: ModuleState, after: ModuleState
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The modules that go on, requirements first, and those that go off, dependents first."""
    enable = registry.ordered(after.enabled - before.enabled)
    disable = tuple(reversed(registry.ordered(before.enabled - after.enabled)))
    return enable, disable


async def plan_of(ctx: Context, before: ModuleState, after: ModuleState) -> TogglePlan:
    """The plan of a step, with everything that comes and goes. Two statements at most."""
    app = services(ctx)
    enable, disable = switched(app.registry, before, after)
    if not enable and not disable:
        return TogglePlan(before=before, after=after, enable=(), disable=())
    audience = ctx.caller.audience or Audience.ADMIN
    seen_before = app.view_fields(before.enabled, audience)
    seen_after = app.view_fields(after.enabled, audience)
    lost = sorted(p.code for code in disable for p in app.registry[code].permissions)
    clients = await _keys_with(ctx, lost)
    definitions = [app.registry[code] for code in (*enable, *disable)]
    return TogglePlan(
        before=before,
        after=after,
        enable=enable,
        disable=disable,
        fields_added=tuple(sorted(seen_after - seen_before)),
        fields_removed=tuple(sorted(seen_before - seen_after)),
        rows_kept=await _rows_of(ctx, disable),
        api_clients=clients,
        menu_items=tuple(item.code for definition in definitions for item in definition.menu),
        permissions=tuple(p.code for definition in definitions for p in definition.permissions),
        features=tuple(f.code for definition in definitions for f in definition.features),
        warnings=tuple(_warnings(disable, clients)),
    )


def _warnings(disable: Sequence[str], clients: Sequence[str]) -> list[str]:
    found = []
    if len(disable) > 1:
        found.append(f"Also goes off, because it needs {disable[-1]}: {', '.join(disable[:-1])}.")
    if clients:
        found.append(f"API keys that lose rights: {', '.join(clients)}.")
    return found


async def _rows_of(ctx: Context, codes: Collection[str]) -> tuple[TableRows, ...]:
    registry = services(ctx).registry
    packages = [registry[code].package for code in codes if registry[code].package]
    tables = [t for package in packages for t in tables_of(package) if "platform_id" in t.columns]
    if not tables:
        return ()
    counts = []
    for table in tables:
        rows: Select[Any] = select(literal_column("1")).select_from(table)
        rows = rows.where(table.c.platform_id == ctx.platform_id).limit(COUNTED_ROWS)
        counts.append(
            select(literal(table.name).label("name"), func.count().label("rows")).select_from(rows.subquery())
        )
    found: Sequence[Any] = (await ctx.session.execute(union_all(*counts))).all()
    kept = [TableRows(row.name, row.rows) for row in found]
    return tuple(sorted(kept, key=lambda row: row.table))


async def _keys_with(ctx: Context, permissions: Sequence[str]) -> tuple[str, ...]:
    """The names of the platform's usable API keys that hold one of the permissions."""
    if not permissions:
        return ()
    statement = (
        select(ApiKey.name)
        .where(
            ApiKey.platform_id == ctx.platform_id,
            ApiKey.revoked_at.is_(None),
            or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > ctx.clock.now()),
            ApiKey.scopes.op("?|")(cast(list(permissions), ARRAY(Text))),
        )
        .order_by(ApiKey.name, ApiKey.id)
    )
    return tuple((await ctx.session.execute(statement)).scalars())
