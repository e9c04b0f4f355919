"""Showing menus."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from sqlalchemy import select

from server.app import Facet
from server.auth.caller import Caller
from server.contracts.menu import Frontend
from server.db.audit import AuditEntry
from server.errors import BadUserInput, ModuleDisabled, NotFound
from server.platforms.menus import menu, set_menu_visibility
from server.platforms.toggling import disable_module
from server.testing import TestPlatform, count_statements

HIDE = """
    mutation ($item: String!, $visible: Boolean!) {
      setMenuVisibility(item: $item, frontend: ADMIN, visible: $visible) {
        __typename
        ... on SetMenuVisibilityPayload { item { code isVisible } }
        ... on Error { code }
      }
    }
"""


async def codes(platform: TestPlatform, frontend: str, caller: Caller | None = None) -> list[str]:
    result = await platform.execute(f"{{ menu(frontend: {frontend}) {{ code }} }}", caller=caller)
    assert result.errors == []
    return [item["code"] for item in result.data["menu"]]


async def test_shows_items_by_section_and_order(full_shop: TestPlatform) -> None:
    result = await full_shop.execute(
        "{ menu(frontend: ADMIN) { code module label path icon section order isVisible } }"
    )

    items = result.data["menu"]
    assert [item["code"] for item in items] == [
        "base.home",
        "inventory.settings",
        "inventory.stock",
        "insights.list",
    ]
    assert items[0] == {
        "code": "base.home",
        "module": "base",
        "label": "Home",
        "path": "/",
        "icon": "home",
        "section": "main",
        "order": 1,
        "isVisible": True,
    }


@pytest.mark.parametrize(("enabled", "visible", "permitted"), list(product([True, False], repeat=3)))
async def test_shows_an_item_iff_enabled_and_visible_and_permitted(
    full_shop: TestPlatform, enabled: bool, visible: bool, permitted: bool
) -> None:
    if not visible:
        async with full_shop.context() as ctx:
            await set_menu_visibility(ctx, "inventory.stock", Frontend.ADMIN, visible=False)
    if not enabled:
        async with full_shop.context() as ctx:
            await disable_module(ctx, "inventory")
    caller = full_shop.admin
    if not permitted:
        caller = replace(caller, permissions=caller.permissions - {"inventory.view"})

    shown = "inventory.stock" in await codes(full_shop, "ADMIN", caller)

    assert shown is (enabled and visible and permitted)


async def test_is_empty_for_callers_of_another_front_end(full_shop: TestPlatform) -> None:
    merchant, staff = full_shop.merchant_member(1), full_shop.store_staff(1)

    assert await codes(full_shop, "ADMIN", merchant) == []
    assert await codes(full_shop, "MERCHANT", staff) == []
    assert await codes(full_shop, "STORE", staff) == ["base.home", "inventory.stock"]
    assert await codes(full_shop, "MERCHANT", merchant) == ["base.home", "bundle.help"]


async def test_labels_items_in_the_callers_language(full_shop: TestPlatform) -> None:
    async with full_shop.context(full_shop.admin) as ctx:
        ctx.locale = "fr-CA"
        french = await menu(ctx, Frontend.ADMIN)
        ctx.locale = "de"
        german = await menu(ctx, Frontend.ADMIN)

    assert french[0].label == "Accueil"
    assert german[0].label == "Home"
    assert french[1].label == "Stock settings"


async def test_hides_and_shows_an_item(full_shop: TestPlatform, other_shop: TestPlatform) -> None:
    hidden = await full_shop.execute(HIDE, {"item": "base.home", "visible": False})

    assert hidden.data["setMenuVisibility"]["item"] == {"code": "base.home", "isVisible": False}
    assert "base.home" not in await codes(full_shop, "ADMIN")
    assert "base.home" in await codes(full_shop, "STORE")
    assert "base.home" in await codes(other_shop, "ADMIN")
    settings = await full_shop.execute("{ menuSettings(frontend: ADMIN) { code isVisible } }")
    assert settings.data["menuSettings"][0] == {"code": "base.home", "isVisible": False}

    await full_shop.execute(HIDE, {"item": "base.home", "visible": True})
    assert "base.home" in await codes(full_shop, "ADMIN")


async def test_writes_down_who_hid_what_once(full_shop: TestPlatform) -> None:
    for _ in range(2):
        await full_shop.execute(HIDE, {"item": "base.home", "visible": False})

    async with full_shop.context() as ctx:
        statement = select(AuditEntry).where(AuditEntry.platform_id == full_shop.id)
        (entry,) = (await ctx.session.execute(statement)).scalars()
    assert (entry.action, entry.subject) == ("menu.visibility_changed", "base.home")
    assert entry.after == {"frontend": "ADMIN", "visible": False}


async def test_refuses_items_of_disabled_modules(shop: TestPlatform, full_shop: TestPlatform) -> None:
    result = await shop.execute(HIDE, {"item": "inventory.stock", "visible": False})

    assert result.data["setMenuVisibility"] == {"__typename": "ModuleIsDisabled", "code": "MODULE_DISABLED"}
    with pytest.raises(ModuleDisabled):
        async with shop.context() as ctx:
            await set_menu_visibility(ctx, "inventory.stock", Frontend.ADMIN, visible=False)
    with pytest.raises(NotFound):
        async with shop.context() as ctx:
            await set_menu_visibility(ctx, "base.nothing", Frontend.ADMIN, visible=False)
    with pytest.raises(BadUserInput):
        async with full_shop.context() as ctx:
            await set_menu_visibility(ctx, "inventory.stock", Frontend.MERCHANT, visible=False)


async def test_costs_one_statement(full_shop: TestPlatform, sample: Facet) -> None:
    await sample.module_sets.get(full_shop.id)

    with count_statements(sample) as statements:
        await codes(full_shop, "ADMIN")

    assert len(statements) == 1
