"""The menu a caller sees: items of enabled modules, not hidden, with a permission the caller holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from server.auth.audience import ADMINS, EVERYONE, Audience
from server.context import Context
from server.contracts.menu import Frontend, MenuItem
from server.errors import BadUserInput, ModuleDisabled, NotFound
from server.platforms.models import MenuVisibility
from server.platforms.services import services

AUDIENCES: Mapping[Frontend, frozenset[Audience]] = {
    Frontend.ADMIN: ADMINS,
    Frontend.MERCHANT: ADMINS | {Audience.MERCHANT},
    Frontend.STORE: EVERYONE,
}
"""Who uses a front end; everybody else is shown an empty menu."""


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A menu item of a module, in the caller's language."""

    module: str
    item: MenuItem
    label: str
    is_visible: bool


async def menu(ctx: Context, frontend: Frontend) -> list[MenuEntry]:
    """What the caller sees in that front end, by section and order."""
    if ctx.caller.audience not in AUDIENCES[frontend]:
        return []
    entries = await menu_settings(ctx, frontend)
    return [entry for entry in entries if entry.is_visible and ctx.caller.can(entry.item.permission)]


async def menu_settings(ctx: Context, frontend: Frontend) -> list[MenuEntry]:
    """Every item of the platform's enabled modules, hidden ones too."""
    hidden = await _hidden(ctx, frontend)
    registry = services(ctx).registry
    return [
        MenuEntry(
            module=module,
            item=item,
            label=registry.locales.text(module, item.label, ctx.locale),
            is_visible=item.code not in hidden,
        )
        for module, item in registry.menu_items_in(ctx.modules)
        if frontend in item.frontends and _is_shown_to(ctx, module)
    ]


async def set_menu_visibility(ctx: Context, code: str, frontend: Frontend, *, visible: bool) -> MenuEntry:
    """Show or hide an item in a front end.

    Raises `NotFound` for an item that nobody declares, `ModuleDisabled` for one of a disabled module, and
    `BadUserInput` for a front end the item does not appear in.
    """
    registry = services(ctx).registry
    owner, item = next(
        ((module, item) for module, item in registry.menu_items_in(registry.codes) if item.code == code),
        (None, None),
    )
    if owner is None or item is None:
        raise NotFound(f"There is no menu item {code!r}.", item=code)
    if owner not in ctx.modules:
        raise ModuleDisabled(
            f"{code} belongs to {owner}, which is switched off; enable it first.", module=owner
        )
    if frontend not in item.frontends:
        raise BadUserInput(f"{code} does not appear in the front end {frontend}.", argument="frontend")
    before = item.code not in await _hidden(ctx, frontend)
    if before != visible:
        await _store(ctx, code, frontend, visible)
    label = registry.locales.text(owner, item.label, ctx.locale)
    return MenuEntry(module=owner, item=item, label=label, is_visible=visible)


def _is_shown_to(ctx: Context, module: str) -> bool:
    """What internal modules bring is for administrators."""
    return ctx.caller.audience in ADMINS or module not in services(ctx).registry.internal


async def _hidden(ctx: Context, frontend: Frontend) -> frozenset[str]:
    statement = select(MenuVisibility.item_code).where(
        MenuVisibility.platform_id == ctx.platform_id,
        MenuVisibility.frontend == frontend.value,
        MenuVisibility.is_visible.is_(False),
    )
    return frozenset((await ctx.session.execute(statement)).scalars())


async def _store(ctx: Context, code: str, frontend: Frontend, visible: bool) -> None:
    statement = insert(MenuVisibility).values(
        platform_id=ctx.platform_id, item_code=code, frontend=frontend.value, is_visible=visible
    )
    await ctx.session.execute(
        statement.on_conflict_do_update(
            index_elements=["platform_id", "item_code", "frontend"], set_={"is_visible": visible}
        )
    )
    ctx.audit(
        "menu.visibility_changed",
        subject=code,
        before={"frontend": frontend.value, "visible": not visible},
        after={"frontend": frontend.value, "visible": visible},
    )
