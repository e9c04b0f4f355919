"""Listing the platform's modules, features and permissions."""

from __future__ import annotations

from typing import Any

import pytest

from server.app import Facet
from server.testing import TestPlatform, count_statements

ADMIN_FIELDS = ("config", "configSchema", "configSources", "health", "locked", "reason", "layers")


async def modules(platform: TestPlatform, fields: str, arguments: str = "") -> dict[str, dict[str, Any]]:
    result = await platform.execute(f"{{ modules{arguments} {{ code {fields} }} }}")
    assert result.errors == []
    return {module["code"]: module for module in result.data["modules"]}


async def test_shows_what_each_declares_and_whether_it_is_on(sample: Facet) -> None:
    platform = await TestPlatform.create(sample, modules=["inventory"])

    found = await modules(platform, "name description version kind isEnabled requires requiredBy")

    assert list(found) == ["base", "bundle", "insights", "inventory", "marketplace"]
    assert found["inventory"] == {
        "code": "inventory",
        "name": "Inventory",
        "description": "What is in stock.",
        "version": "2.1.0",
        "kind": "OPTIONAL",
        "isEnabled": True,
        "requires": [],
        "requiredBy": ["marketplace"],
    }
    assert found["marketplace"]["requires"] == ["inventory"]
    assert found["marketplace"]["isEnabled"] is False


@pytest.mark.parametrize(
    ("kind", "codes"),
    [("CORE", ["base"]), ("OPTIONAL", ["bundle", "inventory", "marketplace"]), ("INTERNAL", ["insights"])],
)
async def test_lists_one_kind(shop: TestPlatform, kind: str, codes: list[str]) -> None:
    assert list(await modules(shop, "name", f"(kind: {kind})")) == codes


async def test_lists_those_that_are_on_or_off(sample: Facet) -> None:
    platform = await TestPlatform.create(sample, modules=["bundle"])

    assert list(await modules(platform, "name", "(enabled: true)")) == ["base", "bundle"]
    assert list(await modules(platform, "name", "(enabled: false, kind: OPTIONAL)")) == [
        "inventory",
        "marketplace",
    ]


async def test_tells_administrators_why(sample: Facet) -> None:
    platform = await TestPlatform.create(
        sample, modules=["marketplace"], allowed=["inventory", "marketplace"]
    )

    found = await modules(platform, "locked reason layers { isAllowed isChosen isChosenByDefault missing }")

    assert (found["base"]["locked"], found["base"]["reason"]) == (True, "Core modules are always on.")
    assert found["bundle"]["locked"] is True
    assert found["marketplace"]["locked"] is False
    assert found["marketplace"]["reason"] == "Needs inventory, which is off."
    assert found["marketplace"]["layers"] == {
        "isAllowed": True,
        "isChosen": True,
        "isChosenByDefault": True,
        "missing": ["inventory"],
    }


async def test_hides_internal_modules_from_merchants(full_shop: TestPlatform) -> None:
    merchant = full_shop.merchant_member(1)

    listed = await full_shop.execute("{ modules { code } featureCatalog { code } }", caller=merchant)
    kind = await full_shop.execute("{ modules(kind: INTERNAL) { code } }", caller=merchant)

    assert [module["code"] for module in listed.data["modules"]] == [
        "base",
        "bundle",
        "inventory",
        "marketplace",
    ]
    assert "insight_reports" not in [feature["code"] for feature in listed.data["featureCatalog"]]
    assert kind.errors[0]["message"].startswith("Value 'INTERNAL' does not exist in 'ModuleKind' enum.")


async def test_hides_modules_that_are_off_from_merchants(sample: Facet) -> None:
    platform = await TestPlatform.create(sample, modules=["inventory"])
    merchant = platform.merchant_member(1)

    listed = await platform.execute(
        "{ modules { code requiredBy } off: modules(enabled: false) { code } }", caller=merchant
    )

    assert listed.data["modules"] == [
        {"code": "base", "requiredBy": []},
        {"code": "inventory", "requiredBy": []},
    ]
    assert listed.data["off"] == []


@pytest.mark.parametrize("name", ADMIN_FIELDS)
async def test_has_no_administrative_fields_for_merchants(full_shop: TestPlatform, name: str) -> None:
    result = await full_shop.execute(f"{{ modules {{ {name} }} }}", caller=full_shop.merchant_member(1))

    assert result.errors[0]["message"].startswith(f"Cannot query field '{name}' on type 'Module'.")


async def test_costs_the_same_for_all_modules(full_shop: TestPlatform, sample: Facet) -> None:
    await sample.module_sets.get(full_shop.id)

    with count_statements(sample) as statements:
        await modules(full_shop, "name requires reason")

    assert statements == []


async def test_lists_features_of_enabled_modules_in_order(sample: Facet) -> None:
    platform = await TestPlatform.create(sample, modules=["inventory"])

    result = await platform.execute("{ featureCatalog { code module name kind scope unit defaultLimit } }")

    assert [feature["code"] for feature in result.data["featureCatalog"]] == ["stock_places", "stock_alerts"]
    assert result.data["featureCatalog"][0] == {
        "code": "stock_places",
        "module": "inventory",
        "name": "Places",
        "kind": "QUANTITATIVE",
        "scope": "MERCHANT",
        "unit": "places",
        "defaultLimit": 3,
    }


async def test_lists_permissions_of_enabled_modules(sample: Facet) -> None:
    platform = await TestPlatform.create(sample, modules=["inventory"])

    result = await platform.execute("{ permissionCatalog { code module roles } }")

    found = {entry["code"]: entry for entry in result.data["permissionCatalog"]}
    assert found["inventory.manage"]["roles"] == ["operator", "platform_admin"]
    assert found["modules.view"]["module"] == "kernel"
    assert "marketplace.view" not in found


async def test_is_part_of_the_platform_too(platform: TestPlatform, facet: Facet) -> None:
    result = await platform.execute("{ platform { modules { code isEnabled } } modules { code isEnabled } }")

    assert result.errors == []
    assert result.data["platform"]["modules"] == result.data["modules"]
    assert {module["code"] for module in result.data["modules"]} == facet.registry.codes


async def test_needs_a_platform(sample: Facet, shop: TestPlatform) -> None:
    answer = await sample.execute("{ modules { code } }", caller=shop.operator, platform=None)

    assert answer["errors"][0]["extensions"]["code"] == "PLATFORM_REQUIRED"
