"""Disabling modules."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import select

from server.app import Facet
from server.auth.models import ApiKey, UserAccount
from server.db.audit import AuditEntry
from server.platforms.models import ModuleChange, PlatformModule
from server.platforms.toggling import disable_module, enable_module
from server.testing import TestPlatform
from tests.server.platforms.sample import journal

DISABLE = """
    mutation ($code: String!, $dryRun: Boolean = false) {
      disableModule(code: $code, dryRun: $dryRun, reason: "Closing") {
        __typename
        ... on DisableModulePayload {
          plan { enable disable fieldsRemoved fieldsAdded rowsKept { table rows } apiClients warnings }
          modules { code isEnabled }
        }
        ... on Error { code message }
        ... on ModuleIsCore { module }
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


async def test_switches_off_dependents_first(full_shop: TestPlatform, sample: Facet) -> None:
    result = await full_shop.execute(DISABLE, {"code": "inventory"})

    payload = result.data["disableModule"]
    assert payload["plan"]["disable"] == ["marketplace", "inventory"]
    assert payload["plan"]["enable"] == []
    assert journal.hooks_of(full_shop.id) == [("marketplace", "on_disable"), ("inventory", "on_disable")]
    assert await sample.module_sets.get(full_shop.id) == {"base", "bundle", "insights"}
    rows = {row.module_code: row.is_enabled for row in await stored(full_shop, PlatformModule)}
    assert rows == {"marketplace": False, "inventory": False}
    changes = await stored(full_shop, ModuleChange)
    assert [(row.module_code, row.action) for row in changes] == [
        ("marketplace", "disabled"),
        ("inventory", "disabled"),
    ]
    assert len({row.group_id for row in changes}) == 1


async def test_tells_the_module_itself_too(full_shop: TestPlatform) -> None:
    async with full_shop.context() as ctx:
        await disable_module(ctx, "inventory")

    assert journal.told_on(full_shop.id) == [
        ("base", "module.disabled", "marketplace"),
        ("base", "module.disabled", "inventory"),
        ("inventory", "module.disabled", "inventory"),
    ]


async def test_lists_the_dependents_beforehand_in_a_dry_run(full_shop: TestPlatform, sample: Facet) -> None:
    result = await full_shop.execute(DISABLE, {"code": "inventory", "dryRun": True})

    plan = result.data["disableModule"]["plan"]
    assert plan["disable"] == ["marketplace", "inventory"]
    assert {"Query.stock", "StockItem.name", "Query.offer"} <= set(plan["fieldsRemoved"])
    assert plan["fieldsAdded"] == []
    assert plan["warnings"] == ["Also goes off, because it needs inventory: marketplace."]
    assert await sample.module_sets.get(full_shop.id) == sample.registry.codes
    assert await stored(full_shop, PlatformModule) == []
    assert journal.hooks_of(full_shop.id) == []


async def test_refuses_a_core_module(full_shop: TestPlatform) -> None:
    result = await full_shop.execute(DISABLE, {"code": "base"})

    answer = result.data["disableModule"]
    assert (answer["__typename"], answer["code"], answer["module"]) == ("ModuleIsCore", "CORE_MODULE", "base")
    assert await stored(full_shop, PlatformModule) == []


async def test_rolls_back_when_a_hook_fails_and_shows_which(full_shop: TestPlatform, sample: Facet) -> None:
    journal.failing.add((full_shop.id, "inventory", "on_disable"))

    result = await full_shop.execute(DISABLE, {"code": "inventory"})

    answer = result.data["disableModule"]
    assert (answer["__typename"], answer["module"], answer["hook"]) == (
        "ModuleHookFailed",
        "inventory",
        "on_disable",
    )
    assert await stored(full_shop, PlatformModule) == []
    assert await stored(full_shop, AuditEntry) == []
    assert await sample.module_sets.get(full_shop.id) == sample.registry.codes


async def test_changes_nothing_when_it_is_off(shop: TestPlatform) -> None:
    async with shop.context() as ctx:
        plan = await disable_module(ctx, "inventory")

    assert plan.disable == ()
    assert await stored(shop, PlatformModule) == []
    assert await stored(shop, ModuleChange) == []


async def test_makes_one_event_when_done_twice_at_once(full_shop: TestPlatform) -> None:
    async def disable() -> None:
        async with full_shop.context() as ctx:
            await disable_module(ctx, "bundle")

    await asyncio.gather(*(disable() for _ in range(5)))

    assert len(await stored(full_shop, PlatformModule)) == 1
    assert journal.told_on(full_shop.id) == [
        ("base", "module.disabled", "bundle"),
        ("inventory", "module.disabled", "bundle"),
    ]


async def test_takes_its_fields_away_at_once(full_shop: TestPlatform) -> None:
    assert (await full_shop.execute("{ stock { name } }")).data == {"stock": [{"name": "Tea"}]}

    await full_shop.execute(DISABLE, {"code": "inventory"})

    gone = await full_shop.execute("{ stock { name } }")
    never = await full_shop.execute("{ stack { name } }")
    assert gone.data is None
    assert gone.errors[0]["message"] == never.errors[0]["message"].replace("stack", "stock")


async def test_takes_away_what_a_declaration_alone_brings(full_shop: TestPlatform) -> None:
    question = "{ featureCatalog { code } }"
    before = await full_shop.execute(question)

    await full_shop.execute(DISABLE, {"code": "bundle"})

    after = await full_shop.execute(question)
    assert {"code": "extra_help"} in before.data["featureCatalog"]
    assert {"code": "extra_help"} not in after.data["featureCatalog"]


async def test_names_the_api_keys_that_lose_rights(full_shop: TestPlatform) -> None:
    async with full_shop.context() as ctx:
        user = UserAccount(email=f"{full_shop.code}@example.test", name="Ann")
        ctx.session.add(user)
        await ctx.session.flush()
        for name, scopes, revoked in (
            ("Till", ["inventory.view"], None),
            ("Old till", ["inventory.view"], ctx.clock.now()),
            ("Site", ["base.view"], None),
        ):
            ctx.session.add(
                ApiKey(
                    platform_id=full_shop.id,
                    created_by=user.id,
                    name=name,
                    prefix="fk_",
                    token_hash=f"{full_shop.code}{name}".encode(),
                    scopes=scopes,
                    revoked_at=revoked,
                )
            )

    result = await full_shop.execute(DISABLE, {"code": "inventory", "dryRun": True})

    plan = result.data["disableModule"]["plan"]
    assert plan["apiClients"] == ["Till"]
    assert plan["warnings"][1] == "API keys that lose rights: Till."


async def test_is_undone_by_enabling(full_shop: TestPlatform, sample: Facet) -> None:
    async with full_shop.context() as ctx:
        await disable_module(ctx, "marketplace")
    async with full_shop.context() as ctx:
        plan = await enable_module(ctx, "marketplace")

    assert plan.enable == ("marketplace",)
    (row,) = await stored(full_shop, PlatformModule)
    assert row.is_enabled
    assert row.disabled_at is not None
    assert row.enabled_at is not None
    assert await sample.module_sets.get(full_shop.id) == sample.registry.codes
