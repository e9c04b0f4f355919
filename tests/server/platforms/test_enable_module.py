"""Enabling modules."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from server.app import Facet
from server.db.audit import AuditEntry
from server.errors import BadUserInput, NotFound
from server.platforms.errors import ModuleHookFailed, ModuleNotAllowed
from server.platforms.models import ModuleChange, PlatformModule
from server.platforms.toggling import enable_module
from server.testing import TestPlatform
from tests.server.platforms.sample import journal

ENABLE = """
    mutation ($code: String!, $dryRun: Boolean = false, $reason: String) {
      enableModule(code: $code, dryRun: $dryRun, reason: $reason) {
        __typename
        ... on EnableModulePayload {
          plan { enable disable fieldsAdded fieldsRemoved menuItems permissions features }
          modules { code isEnabled }
        }
        ... on Error { code message }
        ... on ModuleNotAllowed { module blocked }
        ... on ModuleHookFailed { module hook }
      }
    }
"""


async def stored(platform: TestPlatform, model: Any) -> list[Any]:
    async with platform.context() as ctx:
        rows = await ctx.session.execute(
            select(model).where(model.platform_id == platform.id).order_by(model.id)
        )
        return list(rows.scalars())


async def test_switches_it_on_with_what_it_requires(shop: TestPlatform, sample: Facet) -> None:
    result = await shop.execute(ENABLE, {"code": "marketplace", "reason": "Opening"})

    assert result.errors == []
    payload = result.data["enableModule"]
    assert payload["plan"]["enable"] == ["inventory", "marketplace"]
    assert payload["plan"]["disable"] == []
    on = [module["code"] for module in payload["modules"] if module["isEnabled"]]
    assert sorted(on) == ["base", "inventory", "marketplace"]
    assert await sample.module_sets.get(shop.id) == {"base", "inventory", "marketplace"}
    rows = {row.module_code: row for row in await stored(shop, PlatformModule)}
    assert rows.keys() == {"inventory", "marketplace"}
    assert all(row.is_enabled and row.enabled_at is not None for row in rows.values())


async def test_writes_one_group_of_history_and_one_audit_row(shop: TestPlatform) -> None:
    async with shop.context(shop.admin) as ctx:
        await enable_module(ctx, "marketplace", reason="Opening")

    changes = await stored(shop, ModuleChange)
    assert [(row.module_code, row.action, row.reason) for row in changes] == [
        ("inventory", "enabled", "Opening"),
        ("marketplace", "enabled", "Opening"),
    ]
    assert len({row.group_id for row in changes}) == 1
    (entry,) = await stored(shop, AuditEntry)
    assert (entry.action, entry.subject, entry.reason) == ("module.switched", shop.code, "Opening")
    assert entry.before == {"modules": ["base"]}
    assert entry.after == {
        "modules": ["base", "inventory", "marketplace"],
        "group": changes[0].group_id,
    }


async def test_calls_hooks_once_in_the_order_of_requirements_and_tells_everybody(shop: TestPlatform) -> None:
    async with shop.context() as ctx:
        await enable_module(ctx, "marketplace")
        assert journal.told_on(shop.id) == []

    assert journal.hooks_of(shop.id) == [("inventory", "on_enable"), ("marketplace", "on_enable")]
    assert journal.told_on(shop.id) == [
        ("base", "module.enabled", "inventory"),
        ("base", "module.enabled", "marketplace"),
    ]


async def test_only_says_what_would_happen_in_a_dry_run(shop: TestPlatform, sample: Facet) -> None:
    result = await shop.execute(ENABLE, {"code": "marketplace", "dryRun": True})

    payload = result.data["enableModule"]
    plan = payload["plan"]
    assert plan["enable"] == ["inventory", "marketplace"]
    assert "Query.stock" in plan["fieldsAdded"]
    assert "Offer.name" in plan["fieldsAdded"]
    assert plan["fieldsRemoved"] == []
    assert plan["menuItems"] == ["inventory.stock", "inventory.settings"]
    assert plan["permissions"] == ["inventory.view", "inventory.manage", "marketplace.view"]
    assert plan["features"] == ["stock_alerts", "stock_places"]
    assert [module["code"] for module in payload["modules"] if module["isEnabled"]] == ["base"]
    assert await stored(shop, PlatformModule) == []
    assert await stored(shop, ModuleChange) == []
    assert journal.hooks_of(shop.id) == []
    assert await sample.module_sets.get(shop.id) == {"base"}


async def test_changes_nothing_when_it_is_on(shop: TestPlatform) -> None:
    for _ in range(2):
        async with shop.context() as ctx:
            plan = await enable_module(ctx, "inventory")

    assert plan.enable == ()
    assert len(await stored(shop, ModuleChange)) == 1
    assert journal.told_on(shop.id) == [("base", "module.enabled", "inventory")]


async def test_makes_one_row_and_one_event_when_done_twice_at_once(shop: TestPlatform) -> None:
    async def enable() -> None:
        async with shop.context() as ctx:
            await enable_module(ctx, "inventory")

    await asyncio.gather(*(enable() for _ in range(5)))

    assert len(await stored(shop, PlatformModule)) == 1
    assert len(await stored(shop, ModuleChange)) == 1
    assert journal.hooks_of(shop.id) == [("inventory", "on_enable")]
    assert journal.told_on(shop.id) == [("base", "module.enabled", "inventory")]


async def test_rolls_back_when_a_hook_fails_and_shows_which(shop: TestPlatform, sample: Facet) -> None:
    journal.failing.add((shop.id, "marketplace", "on_enable"))

    result = await shop.execute(ENABLE, {"code": "marketplace"})

    answer = result.data["enableModule"]
    assert answer["__typename"] == "ModuleHookFailed"
    assert (answer["code"], answer["module"], answer["hook"]) == (
        "MODULE_HOOK_FAILED",
        "marketplace",
        "on_enable",
    )
    assert "secret" not in answer["message"]
    assert await stored(shop, PlatformModule) == []
    assert await stored(shop, ModuleChange) == []
    assert await stored(shop, AuditEntry) == []
    assert journal.told_on(shop.id) == []
    assert await sample.module_sets.get(shop.id) == {"base"}


async def test_leaves_the_context_as_it_was_when_a_hook_fails(shop: TestPlatform) -> None:
    journal.failing.add((shop.id, "inventory", "on_enable"))

    with pytest.raises(ModuleHookFailed):
        async with shop.context() as ctx:
            await enable_module(ctx, "inventory")

    assert ctx.modules == {"base"}


async def test_is_refused_above_the_ceiling(sample: Facet) -> None:
    limited = await TestPlatform.create(sample, modules=[], allowed=["marketplace"])

    result = await limited.execute(ENABLE, {"code": "marketplace"})

    answer = result.data["enableModule"]
    assert answer["__typename"] == "ModuleNotAllowed"
    assert (answer["code"], answer["module"], answer["blocked"]) == (
        "MODULE_NOT_ALLOWED",
        "marketplace",
        ["inventory"],
    )
    assert await stored(limited, PlatformModule) == []


async def test_says_that_an_unknown_module_is_not_found(shop: TestPlatform) -> None:
    result = await shop.execute(ENABLE, {"code": "unknown"})

    assert result.data == {"enableModule": None}
    assert result.codes == ["NOT_FOUND"]


@pytest.mark.parametrize(
    ("reason", "problem"),
    [("x" * 501, "501 characters"), ("a\x00", "cannot be stored"), ("\ud800", "cannot be")],
)
async def test_refuses_a_reason_that_does_not_fit(shop: TestPlatform, reason: str, problem: str) -> None:
    with pytest.raises(BadUserInput, match=problem):
        async with shop.context() as ctx:
            await enable_module(ctx, "inventory", reason=reason)

    assert await stored(shop, PlatformModule) == []


async def test_is_for_administrators(shop: TestPlatform) -> None:
    result = await shop.execute(ENABLE, {"code": "inventory"}, caller=shop.merchant_member(1))

    assert result.errors != []
    assert await stored(shop, PlatformModule) == []


async def test_still_asks_callers_for_the_modules_permissions(full_shop: TestPlatform) -> None:
    caller = replace(full_shop.admin, permissions=full_shop.admin.permissions - {"inventory.view"})

    result = await full_shop.execute("{ stock { name } }", caller=caller)

    assert result.codes == ["FORBIDDEN"]


async def test_leaves_the_schema_of_another_platform_byte_for_byte(
    shop: TestPlatform, other_shop: TestPlatform, sample: Facet
) -> None:
    async def sdl(platform: TestPlatform) -> str:
        modules = await sample.module_sets.get(platform.id)
        return sample.views.get(modules, platform.admin.audience).sdl_hash()

    own, others = await sdl(shop), await sdl(other_shop)
    await shop.execute(ENABLE, {"code": "inventory"})

    assert await sdl(other_shop) == others
    assert await sdl(shop) != own


async def test_knows_the_errors_of_its_service(shop: TestPlatform, sample: Facet) -> None:
    limited = await TestPlatform.create(sample, modules=[], allowed=[])

    with pytest.raises(NotFound):
        async with shop.context() as ctx:
            await enable_module(ctx, "unknown")
    with pytest.raises(ModuleNotAllowed):
        async with limited.context() as ctx:
            await enable_module(ctx, "bundle")
