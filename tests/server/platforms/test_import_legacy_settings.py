"""Taking over a platform's old settings document."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from server.app import Facet
from server.errors import BadUserInput
from server.graphql.results import ValidationError
from server.platforms.configuration import module_config
from server.platforms.legacy import import_legacy
from server.platforms.models import PlatformModule
from server.testing import TestPlatform
from tests.server.platforms.sample import journal

DOCUMENT = {
    "enabled_modules": ["marketplace"],
    "module_config": {"inventory": {"trial_days": 21, "mode": "live"}},
}


async def rows(platform: TestPlatform) -> dict[str, bool]:
    async with platform.context() as ctx:
        statement = select(PlatformModule).where(PlatformModule.platform_id == platform.id)
        return {row.module_code: row.is_enabled for row in (await ctx.session.execute(statement)).scalars()}


async def test_makes_a_row_for_every_optional_module(sample: Facet) -> None:
    platform = await TestPlatform.create(sample, modules=["bundle"])

    async with platform.context() as ctx:
        plan = await import_legacy(ctx, DOCUMENT)

    assert (plan.enable, plan.disable) == (("inventory", "marketplace"), ("bundle",))
    assert await rows(platform) == {
        "bundle": False,
        "insights": False,
        "inventory": True,
        "marketplace": True,
    }
    assert await sample.module_sets.get(platform.id) == {"base", "inventory", "marketplace"}
    async with platform.context() as ctx:
        values: Any = (await module_config(ctx, "inventory")).values
    assert (values.trial_days, values.mode, values.prefix) == (21, "live", "STK")


async def test_changes_nothing_the_second_time(shop: TestPlatform) -> None:
    for _ in range(2):
        async with shop.context() as ctx:
            plan = await import_legacy(ctx, DOCUMENT)

    assert (plan.enable, plan.disable) == ((), ())
    assert journal.hooks_of(shop.id) == [("inventory", "on_enable"), ("marketplace", "on_enable")]


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"enabled_modules": ["nothing"]}, "enabled_modules.nothing"),
        ({"module_config": {"nothing": {}}}, "module_config.nothing"),
        ({"module_config": {"bundle": {}}}, "module_config.bundle"),
        ({"module_config": {"inventory": {"trial_days": 900}}}, "module_config.inventory.trial_days"),
    ],
)
async def test_refuses_what_it_cannot_take_over_and_stores_nothing(
    shop: TestPlatform, document: dict[str, Any], path: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        async with shop.context() as ctx:
            await import_legacy(ctx, {"enabled_modules": ["bundle"]} | document)

    assert [field.field for field in refused.value.details["fields"]] == [path]
    assert await rows(shop) == {}


async def test_refuses_modules_above_the_ceiling(sample: Facet) -> None:
    platform = await TestPlatform.create(sample, modules=[], allowed=["marketplace"])

    with pytest.raises(ValidationError) as refused:
        async with platform.context() as ctx:
            await import_legacy(ctx, DOCUMENT)

    fields = [field.field for field in refused.value.details["fields"]]
    assert fields == ["enabled_modules.inventory", "enabled_modules.marketplace"]
    assert await rows(platform) == {}


@pytest.mark.parametrize("document", [{"enabled_modules": "all"}, {"module_config": []}])
async def test_refuses_another_shape(shop: TestPlatform, document: dict[str, Any]) -> None:
    with pytest.raises(BadUserInput):
        async with shop.context() as ctx:
            await import_legacy(ctx, document)


async def test_only_says_what_would_happen_in_a_dry_run(shop: TestPlatform) -> None:
    async with shop.context() as ctx:
        plan = await import_legacy(ctx, DOCUMENT, dry_run=True)

    assert plan.enable == ("inventory", "marketplace")
    assert await rows(shop) == {}
