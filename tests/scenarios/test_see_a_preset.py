"""See the schema of a preset: the core, and each module with what it needs. `make schema` writes the texts anew."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from server.app import Facet
from server.auth.audience import Audience
from server.composition import ViewCache
from server.composition.supergraph import compose, visible_fields
from server.contracts.module import ModuleKind
from server.platforms.registry import Registry
from server.testing import TestPlatform

GOLDEN = Path(__file__).parent / "golden"
CODES = sorted(path.parent.name for path in (Path(__file__).parents[2] / "modules").glob("*/module.py"))
DESCRIPTION = re.compile(r'^ *"""(?:.*?)"""\n', re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="session")
def views(registry: Registry) -> ViewCache:
    return ViewCache(compose(registry))


def shape(sdl: str) -> str:
    """SDL without its words, which `schema.graphql` shows to reviewers already."""
    body = DESCRIPTION.sub("", sdl).partition("\n\n")[2]
    return re.sub(r"\n\n(?=  )", "\n", body)


def assert_reviewed(name: str, sdl: str) -> None:
    path, text = GOLDEN / f"{name}.graphql", shape(sdl)
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"Run `make schema` to write {path.name}, and review it."
    assert path.read_text(encoding="utf-8") == text, f"{path.name} differs: run `make schema` and review it."


@pytest.mark.parametrize("code", CODES)
def test_is_what_was_reviewed_for_an_administrator(views: ViewCache, registry: Registry, code: str) -> None:
    preset = frozenset(registry.closure([code])) | registry.core

    assert_reviewed(code, views.get(preset, Audience.ADMIN).sdl())


@pytest.mark.parametrize("audience", [Audience.MERCHANT, Audience.STORE])
def test_is_what_was_reviewed_for_those_who_administer_nothing(
    views: ViewCache, registry: Registry, audience: Audience
) -> None:
    assert_reviewed("members", views.get(registry.codes, audience).sdl())


def test_grows_by_what_a_module_adds_and_loses_nothing(views: ViewCache, registry: Registry) -> None:
    for code in CODES:
        needed = (frozenset(registry.closure([code])) | registry.core) - {code}
        for audience in Audience:
            without = visible_fields(views.get(needed, audience))
            with_it = visible_fields(views.get(needed | {code}, audience))
            assert without <= with_it, (code, audience)
            assert registry[code].is_core or without < with_it, (code, audience)


def test_has_exactly_these_kinds_of_module(registry: Registry) -> None:
    assert {code: registry[code].kind for code in ("tenancy", "customers", "billing")} == {
        "tenancy": ModuleKind.CORE,
        "customers": ModuleKind.OPTIONAL,
        "billing": ModuleKind.OPTIONAL,
    }
    assert registry.core == {"tenancy"}


def test_of_the_demo_is_everything_on_one_platform_and_no_billing_on_the_other(registry: Registry) -> None:
    demos = {code: definition.demo for code, definition in registry.modules.items() if definition.demo}
    off = {
        platform.code: {code for code, demo in demos.items() if platform.code in demo.off_on}
        for demo in demos.values()
        for platform in demo.platforms
    }

    assert off == {"oms": set(), "loyalty": {"billing"}}


async def test_of_a_new_minimal_platform_answers_its_fields_and_no_other(
    facet: Facet, views: ViewCache
) -> None:
    platform = await TestPlatform.create(facet, modules=[])
    core = facet.registry.core
    root = visible_fields(views.get(core, Audience.ADMIN))
    everything = visible_fields(views.get(facet.registry.codes, Audience.ADMIN))
    hidden = sorted(f for f in everything - root if f.startswith(("Query.", "Mutation.")))

    minimal = await platform.execute(
        "{ merchants { totalCount } stores { totalCount } platformMetrics { tenancy { totalStores { value } } } }"
    )
    refused = []
    for name in hidden:
        type_, _, field = name.partition(".")
        kind = "mutation" if type_ == "Mutation" else "query"
        refused.append(await platform.execute(f"{kind} {{ {field} {{ __typename }} }}"))

    assert minimal.errors == []
    assert len(hidden) >= 10
    assert [r.data for r in refused] == [None] * len(hidden)
    assert [r.errors[0]["message"].partition("'")[0] for r in refused] == ["Cannot query field "] * len(
        hidden
    )


async def test_of_a_module_brings_its_requirements(facet: Facet) -> None:
    for code in sorted(facet.registry.optional):
        platform = await TestPlatform.create(facet, modules=[])
        result = await platform.execute(f'mutation {{ enableModule(code: "{code}") {{ __typename }} }}')

        assert result.data == {"enableModule": {"__typename": "EnableModulePayload"}}
        expected = frozenset(facet.registry.closure([code])) | facet.registry.core
        assert await facet.module_sets.get(platform.id) == expected
