"""Switching modules in two processes at the same moment."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from server.app import Facet
from server.db.audit import AuditEntry
from server.events.transaction import transaction
from server.platforms.models import ModuleChange, PlatformModule
from server.platforms.toggling import disable_module, enable_module
from server.testing import TestPlatform
from tests.server.platforms.sample import journal


async def switch(process: Facet, platform: TestPlatform, action: Any, code: str) -> None:
    async with process.system_context_of(platform.id) as ctx, transaction(ctx):
        await action(ctx, code)


async def stored(platform: TestPlatform, model: Any) -> list[Any]:
    async with platform.context() as ctx:
        rows = await ctx.session.execute(select(model).where(model.platform_id == platform.id))
        return list(rows.scalars())


async def test_enables_once_and_tells_it_once(
    shop: TestPlatform, sample: Facet, other_process: Facet
) -> None:
    await asyncio.gather(
        *(switch(process, shop, enable_module, "inventory") for process in (sample, other_process) * 3)
    )

    assert [row.module_code for row in await stored(shop, PlatformModule)] == ["inventory"]
    assert len(await stored(shop, ModuleChange)) == 1
    assert len(await stored(shop, AuditEntry)) == 1
    assert journal.hooks_of(shop.id) == [("inventory", "on_enable")]
    assert journal.told_on(shop.id) == [("base", "module.enabled", "inventory")]


async def test_disables_once_and_tells_it_once(
    full_shop: TestPlatform, sample: Facet, other_process: Facet
) -> None:
    await asyncio.gather(
        *(switch(process, full_shop, disable_module, "inventory") for process in (sample, other_process) * 3)
    )

    assert len(await stored(full_shop, ModuleChange)) == 2
    assert journal.hooks_of(full_shop.id) == [("marketplace", "on_disable"), ("inventory", "on_disable")]
    assert Counter(journal.told_on(full_shop.id)) == Counter(
        [
            ("base", "module.disabled", "marketplace"),
            ("base", "module.disabled", "inventory"),
            ("inventory", "module.disabled", "inventory"),
        ]
    )


async def test_tells_every_change_once_when_two_disagree(
    shop: TestPlatform, sample: Facet, other_process: Facet
) -> None:
    await asyncio.gather(
        *(
            switch(process, shop, action, "bundle")
            for _ in range(6)
            for process, action in ((sample, enable_module), (other_process, disable_module))
        )
    )

    changes = sorted(await stored(shop, ModuleChange), key=lambda row: int(row.id))
    actions = [row.action for row in changes]
    assert actions == (["enabled", "disabled"] * len(actions))[: len(actions)]
    told = Counter(name for handler, name, _ in journal.told_on(shop.id) if handler == "base")
    assert told == Counter(f"module.{action}" for action in actions)
    (row,) = await stored(shop, PlatformModule)
    assert row.is_enabled is (actions[-1] == "enabled")


async def test_keeps_one_row_of_a_platform_that_exists(shop: TestPlatform, sample: Facet) -> None:
    """The database itself refuses a second row, and one without its platform."""

    async def add(platform_id: int) -> None:
        async with sample.database.begin(platform_id) as session:
            session.add(PlatformModule(platform_id=platform_id, module_code="bundle", is_enabled=True))

    await add(shop.id)
    with pytest.raises(IntegrityError, match="uq_platform_module_platform_id_module_code"):
        await add(shop.id)
    with pytest.raises(IntegrityError, match="fk_platform_module_platform_id"):
        await add(-1)

    assert len(await stored(shop, PlatformModule)) == 1
