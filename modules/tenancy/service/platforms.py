"""Creating platforms and changing their settings."""

from __future__ import annotations

from collections.abc import Sequence

from modules.tenancy.errors import PlatformCodeTaken
from modules.tenancy.repository.credentials import platforms_of
from modules.tenancy.repository.platforms import (
    insert_platform,
    lock_platform,
    platforms_by_ids,
    platforms_page,
)
from modules.tenancy.service.values import Values
from server.auth.caller import CallerKind
from server.context import Context, PlatformRecord
from server.db.paging import Page
from server.db.statements import Row
from server.graphql.ids import global_id
from server.platforms.directory import platform_record


async def create_platform(
    ctx: Context, *, code: str, name: str, timezone: str, currency: str, modules: Sequence[str] | None
) -> PlatformRecord:
    """A new platform with these modules on by default (None: all)."""
    values = Values()
    code = values.code("code", code)
    name = values.text("name", name)
    timezone = values.timezone("timezone", timezone)
    currency = values.currency("currency", currency)
    known: frozenset[str] = ctx.services.registry.codes
    unknown = sorted(set(modules or ()) - known)
    if unknown:
        values.refuse("modules", f"Are not installed: {', '.join(unknown)}.")
    values.check()
    row = await insert_platform(
        ctx.session,
        code=code,
        name=name,
        timezone=timezone,
        currency=currency,
        default_modules=sorted(known if modules is None else set(modules)),
        created_at=ctx.clock.now(),
    )
    if row is None:
        raise PlatformCodeTaken(f"Another platform has the code {code}.")
    after = {"code": code, "timezone": timezone, "currency": currency, "modules": row.default_modules}
    ctx.audit("tenancy.create_platform", subject=global_id("Platform", row.id), after=after)
    _announce(ctx, row.id)
    return platform_record(row)


async def update_platform(ctx: Context, *, name: str | None, timezone: str | None) -> PlatformRecord:
    """Change the name or time zone of the caller's platform. Days already measured keep their old bounds."""
    values = Values()
    wanted = {
        "name": values.optional_text("name", name),
        "timezone": None if timezone is None else values.timezone("timezone", timezone),
    }
    values.check()
    row = await lock_platform(ctx)
    changed = {key: value for key, value in wanted.items() if value not in (None, getattr(row, key))}
    before = {key: getattr(row, key) for key in changed}
    for key, value in changed.items():
        setattr(row, key, value)
    await ctx.session.flush()
    if changed:
        subject = global_id("Platform", row.id)
        ctx.audit("tenancy.update_platform", subject=subject, before=before, after=changed)
        _announce(ctx, row.id)
    ctx.platform = platform_record(row)
    return ctx.platform


async def list_platforms(ctx: Context, *, first: int | None, after: str | None) -> Page[Row]:
    """Every platform for an operator's session; for others those on which they have a role."""
    return await platforms_page(ctx, await _usable_ids(ctx), first=first, after=after)


async def usable_platforms(ctx: Context, ids: Sequence[int]) -> Sequence[Row]:
    """Those of the platforms that `list_platforms` would list."""
    usable = await _usable_ids(ctx)
    return await platforms_by_ids(ctx.session, ids if usable is None else set(ids).intersection(usable))


async def _usable_ids(ctx: Context) -> list[int] | None:
    """None for all."""
    if ctx.caller.is_operator:
        return None
    if ctx.caller.is_anonymous:
        return []
    # A key is made for one platform: it does not tell where else its creator works.
    if ctx.caller.kind is CallerKind.SESSION and ctx.caller.user_id is not None:
        return list((await platforms_of(ctx.session, ctx.caller.user_id)).values())
    return [ctx.platform.id] if ctx.platform else []


def _announce(ctx: Context, platform_id: int) -> None:
    """Every process reads the platform again once this is committed."""

    async def announce() -> None:
        await ctx.services.changes.announce(platform_id)

    ctx.after_commit(announce, even_in_doubt=True)
