"""Configuring modules."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from server.app import Facet
from server.db.audit import AuditEntry
from server.errors import NotFound
from server.graphql.results import ValidationError
from server.platforms.configuration import configure_module, module_config
from server.platforms.models import Platform, PlatformModule
from server.testing import TestPlatform, count_statements
from tests.server.platforms.sample import journal

CONFIGURE = """
    mutation ($values: JSON!, $reset: [String!]) {
      configureModule(code: "inventory", values: $values, reset: $reset) {
        __typename
        ... on ConfigureModulePayload { module { config configSources { path source isSecret isSet } } }
        ... on ValidationFailed { code fields { field message } }
      }
    }
"""


async def overrides(platform: TestPlatform) -> dict[str, Any] | None:
    async with platform.context() as ctx:
        statement = select(PlatformModule.config).where(PlatformModule.platform_id == platform.id)
        found: dict[str, Any] | None = (await ctx.session.execute(statement)).scalar_one_or_none()
        return found


async def test_merges_the_defaults_and_says_where_each_value_comes_from(
    shop: TestPlatform, sample: Facet
) -> None:
    async with sample.database.begin(None) as session:
        default = {"inventory": {"trial_days": 30, "warehouse": {"floors": 2}}}
        await session.execute(update(Platform).where(Platform.id == shop.id).values(default_config=default))

    result = await shop.execute(CONFIGURE, {"values": {"mode": "live", "warehouse": {"city": "Lyon"}}})

    module = result.data["configureModule"]["module"]
    assert module["config"] == {
        "trial_days": 30,
        "prefix": "STK",
        "mode": "live",
        "warehouse": {"city": "Lyon", "floors": 2},
    }
    assert {s["path"]: s["source"] for s in module["configSources"]} == {
        "trial_days": "PLATFORM_DEFAULT",
        "prefix": "DEFAULT",
        "mode": "PLATFORM",
        "api_secret": "DEFAULT",
        "warehouse.city": "PLATFORM",
        "warehouse.floors": "PLATFORM_DEFAULT",
    }


async def test_changes_only_the_settings_given(shop: TestPlatform) -> None:
    async with shop.context() as ctx:
        await configure_module(ctx, "inventory", {"trial_days": 7, "prefix": "A"})
    async with shop.context() as ctx:
        await configure_module(ctx, "inventory", {"trial_days": 8})

    assert await overrides(shop) == {"trial_days": 8, "prefix": "A"}
    async with shop.context() as ctx:
        values: Any = (await module_config(ctx, "inventory")).values
    assert (values.trial_days, values.prefix, values.mode) == (8, "A", "test")


async def test_takes_a_setting_from_the_defaults_again(shop: TestPlatform) -> None:
    async with shop.context() as ctx:
        await configure_module(ctx, "inventory", {"trial_days": 7, "warehouse": {"floors": 3}})

    result = await shop.execute(CONFIGURE, {"values": {}, "reset": ["trial_days", "warehouse.floors"]})

    config = result.data["configureModule"]["module"]["config"]
    assert (config["trial_days"], config["warehouse"]["floors"]) == (14, 1)
    assert await overrides(shop) == {}


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"trial_days": -1}, "trial_days"),
        ({"trial_days": 366}, "trial_days"),
        ({"prefix": "ELEVENCHARS"}, "prefix"),
        ({"mode": "maybe"}, "mode"),
        ({"warehouse": {"floors": 11}}, "warehouse.floors"),
        ({"unknown": 1}, "unknown"),
        ({"warehouse": {"unknown": 1}}, "warehouse.unknown"),
    ],
)
async def test_refuses_values_field_by_field_and_stores_nothing(
    shop: TestPlatform, values: dict[str, Any], path: str
) -> None:
    result = await shop.execute(CONFIGURE, {"values": {"prefix": "OK"} | values})

    answer = result.data["configureModule"]
    assert (answer["__typename"], answer["code"]) == ("ValidationFailed", "VALIDATION_FAILED")
    assert [field["field"] for field in answer["fields"]] == [path]
    assert await overrides(shop) is None


@pytest.mark.parametrize(
    ("values", "path"),
    [({"warehouse": {"city": "a\x00b"}}, "warehouse.city"), ({"prefix": "\ud800"}, "prefix")],
)
async def test_refuses_texts_that_cannot_be_stored(
    shop: TestPlatform, values: dict[str, Any], path: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        async with shop.context() as ctx:
            await configure_module(ctx, "inventory", values)

    assert [field.field for field in refused.value.details["fields"]] == [path]
    assert await overrides(shop) is None


@pytest.mark.parametrize("days", [0, 365])
async def test_accepts_the_bounds(shop: TestPlatform, days: int) -> None:
    result = await shop.execute(CONFIGURE, {"values": {"trial_days": days}})

    assert result.data["configureModule"]["module"]["config"]["trial_days"] == days


async def test_shows_no_secret_anywhere(shop: TestPlatform) -> None:
    result = await shop.execute(CONFIGURE, {"values": {"api_secret": "hush-hush"}})

    module = result.data["configureModule"]["module"]
    assert "hush-hush" not in str(result.data)
    assert "api_secret" not in module["config"]
    (secret,) = [source for source in module["configSources"] if source["isSecret"]]
    assert secret == {"path": "api_secret", "source": "PLATFORM", "isSecret": True, "isSet": True}
    async with shop.context() as ctx:
        entry = (
            await ctx.session.execute(
                select(AuditEntry).where(
                    AuditEntry.platform_id == shop.id, AuditEntry.action == "module.configured"
                )
            )
        ).scalar_one()
        values: Any = (await module_config(ctx, "inventory")).values
    assert entry.before == {}
    assert entry.after == {"api_secret": "[redacted]"}
    assert values.api_secret.get_secret_value() == "hush-hush"


async def test_is_written_down_with_before_and_after_and_told(full_shop: TestPlatform) -> None:
    for days in (7, 8):
        async with full_shop.context() as ctx:
            await configure_module(ctx, "inventory", {"trial_days": days}, reason="Season")

    async with full_shop.context() as ctx:
        rows = await ctx.session.execute(
            select(AuditEntry).where(AuditEntry.platform_id == full_shop.id).order_by(AuditEntry.id)
        )
        entries = list(rows.scalars())
    assert [(entry.before, entry.after, entry.reason) for entry in entries] == [
        ({}, {"trial_days": 7}, "Season"),
        ({"trial_days": 7}, {"trial_days": 8}, "Season"),
    ]
    assert journal.told_on(full_shop.id) == [("inventory", "module.configured", "inventory")] * 2


async def test_does_nothing_when_nothing_changes(full_shop: TestPlatform) -> None:
    for _ in range(2):
        async with full_shop.context() as ctx:
            await configure_module(ctx, "inventory", {"trial_days": 7})

    assert len(journal.told_on(full_shop.id)) == 1


async def test_does_not_switch_the_module(shop: TestPlatform, full_shop: TestPlatform, sample: Facet) -> None:
    for platform in (shop, full_shop):
        async with platform.context() as ctx:
            await configure_module(ctx, "inventory", {"trial_days": 7})

    assert not await sample.module_sets.is_enabled(shop.id, "inventory")
    assert await sample.module_sets.is_enabled(full_shop.id, "inventory")


async def test_stays_on_its_platform(shop: TestPlatform, other_shop: TestPlatform) -> None:
    async with shop.context() as ctx:
        await configure_module(ctx, "inventory", {"trial_days": 7})

    async with other_shop.context() as ctx:
        values: Any = (await module_config(ctx, "inventory")).values
    assert values.trial_days == 14


async def test_exposes_the_schema_with_its_bounds(shop: TestPlatform) -> None:
    result = await shop.execute("{ modules { code configSchema } }")

    schemas = {module["code"]: module["configSchema"] for module in result.data["modules"]}
    properties = schemas["inventory"]["properties"]
    assert (properties["trial_days"]["minimum"], properties["trial_days"]["maximum"]) == (0, 365)
    assert properties["prefix"]["maxLength"] == 10
    assert properties["mode"]["enum"] == ["test", "live"]
    assert properties["api_secret"]["anyOf"][0]["writeOnly"] is True
    assert schemas["base"] is None


async def test_passes_over_stored_values_that_a_new_version_refuses(
    shop: TestPlatform, sample: Facet
) -> None:
    async with sample.database.begin(shop.id) as session:
        config = {"trial_days": 900, "prefix": "KEEP"}
        session.add(PlatformModule(platform_id=shop.id, module_code="inventory", config=config))

    async with shop.context() as ctx:
        values: Any = (await module_config(ctx, "inventory")).values

    assert (values.trial_days, values.prefix) == (14, "KEEP")


async def test_reads_all_settings_of_an_operation_in_one_statement(shop: TestPlatform, sample: Facet) -> None:
    await sample.module_sets.get(shop.id)

    with count_statements(sample) as one:
        await shop.execute("{ modules { config } }")
    with count_statements(sample) as many:
        await shop.execute("{ a: modules { config configSources { path } } b: modules { config } }")

    assert len(one) == len(many) == 1


async def test_refuses_a_module_without_settings(shop: TestPlatform) -> None:
    with pytest.raises(NotFound):
        async with shop.context() as ctx:
            await configure_module(ctx, "bundle", {"a": 1})
    with pytest.raises(ValidationError):
        async with shop.context() as ctx:
            await configure_module(ctx, "inventory", {"trial_days": "many"})
