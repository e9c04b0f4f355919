"""Knowing which modules are on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import update

from server.app import Facet
from server.errors import NotFound
from server.platforms.cache import FreshCache, Freshness
from server.platforms.invalidation import Changes
from server.platforms.models import Platform, PlatformModule
from server.platforms.module_sets import ModuleSets, ModuleState
from server.platforms.registry import Registry
from server.platforms.toggling import disable_module, enable_module, set_allowed_modules
from server.redis import connect
from server.settings import Settings
from server.testing import TestPlatform, count_statements
from tests.server.platforms.sample import journal


def state(registry: Registry, **values: object) -> ModuleState:
    return ModuleState(platform_id=1, registry=registry, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("default", "row", "allowed", "expected"),
    [
        (False, None, True, False),
        (True, None, True, True),
        (True, False, True, False),
        (False, True, True, True),
        (True, None, False, False),
        (False, True, False, False),
    ],
)
def test_puts_the_platforms_row_before_its_defaults_and_the_ceiling_above_both(
    sample_registry: Registry, default: bool, row: bool | None, allowed: bool, expected: bool
) -> None:
    found = state(
        sample_registry,
        allowed=None if allowed else frozenset({"inventory"}),
        defaults=frozenset({"bundle"} if default else ()),
        choices={} if row is None else {"bundle": row},
    )

    assert ("bundle" in found.enabled) is expected


def test_leaves_a_module_off_whose_requirement_is_off(sample_registry: Registry) -> None:
    found = state(sample_registry, choices={"marketplace": True})

    assert found.enabled == {"base"}
    assert found.explain("marketplace").reason == "Needs inventory, which is off."


def test_leaves_a_module_off_whose_requirement_is_not_allowed(sample_registry: Registry) -> None:
    found = state(
        sample_registry,
        allowed=frozenset({"marketplace"}),
        choices={"marketplace": True, "inventory": True},
    )

    assert found.enabled == {"base"}


def test_explains_every_layer(sample_registry: Registry) -> None:
    found = state(
        sample_registry,
        allowed=frozenset({"inventory", "marketplace", "bundle"}),
        defaults=frozenset({"inventory"}),
        choices={"bundle": True, "marketplace": False},
    )

    reasons = {code: found.explain(code).reason for code in sample_registry.codes}

    assert reasons == {
        "base": "Core modules are always on.",
        "inventory": "On by default.",
        "bundle": "Switched on.",
        "marketplace": "Switched off.",
        "insights": "The operator does not allow this module on the platform.",
    }


async def test_reads_a_platform_once(shop: TestPlatform, sample: Facet) -> None:
    sample.module_sets.forget(shop.id)

    with count_statements(sample) as statements:
        first = await asyncio.gather(*(sample.module_sets.get(shop.id) for _ in range(20)))
        second = await sample.module_sets.get(shop.id)
        known = [await sample.module_sets.is_enabled(shop.id, code) for code in ("base", "inventory")]

    assert set(first) == {second} == {frozenset({"base"})}
    assert known == [True, False]
    assert len(statements) == 1


async def test_is_right_directly_after_a_change(shop: TestPlatform, sample: Facet) -> None:
    async with shop.context() as ctx:
        await enable_module(ctx, "inventory")
        assert not await sample.module_sets.is_enabled(shop.id, "inventory")
    assert await sample.module_sets.is_enabled(shop.id, "inventory")

    async with shop.context() as ctx:
        await disable_module(ctx, "inventory")
    assert not await sample.module_sets.is_enabled(shop.id, "inventory")


async def test_forgets_nothing_when_a_change_is_rolled_back(shop: TestPlatform, sample: Facet) -> None:
    await sample.module_sets.get(shop.id)

    async def enable_and_fail() -> None:
        async with shop.context() as ctx:
            await enable_module(ctx, "inventory")
            raise NotFound("Never mind.")

    with pytest.raises(NotFound, match="Never mind"):
        await enable_and_fail()

    with count_statements(sample) as statements:
        assert await sample.module_sets.get(shop.id) == {"base"}
    assert statements == []


@asynccontextmanager
async def second_process(sample: Facet) -> AsyncIterator[Facet]:
    other = Facet(Settings(), sample.servers, sample.registry)
    await other.start()
    await other.subscriber.wait_connected()
    try:
        yield other
    finally:
        await other.stop()


async def test_reaches_other_processes(
    shop: TestPlatform, sample: Facet, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with second_process(sample) as other:
        assert await other.module_sets.get(shop.id) == {"base"}
        told = asyncio.Event()
        forget = other.module_sets.forget

        def forget_and_tell(platform_id: int) -> None:
            forget(platform_id)
            if platform_id == shop.id:
                told.set()

        monkeypatch.setattr(other.module_sets, "forget", forget_and_tell)
        async with shop.context() as ctx:
            await enable_module(ctx, "inventory")
        await asyncio.wait_for(told.wait(), 5)

        assert await other.module_sets.get(shop.id) == {"base", "inventory"}
        assert journal.told_on(shop.id) == [("base", "module.enabled", "inventory")]


async def test_drops_everything_when_messages_may_have_been_missed(shop: TestPlatform, sample: Facet) -> None:
    await sample.module_sets.get(shop.id)
    async with sample.database.begin(shop.id) as session:
        session.add(PlatformModule(platform_id=shop.id, module_code="bundle", is_enabled=True))
    assert await sample.module_sets.get(shop.id) == {"base"}

    await sample.changes.on_reconnected()

    assert await sample.module_sets.get(shop.id) == {"base", "bundle"}


async def test_changes_modules_without_redis_too(shop: TestPlatform, sample: Facet) -> None:
    freshness = Freshness(60, 2)
    sets = ModuleSets(sample.registry, sample.database, freshness)
    nobody = connect("redis://127.0.0.1:1")
    changes = Changes(sets, sample.platforms, sample.callers.tokens, [freshness], nobody)
    assert await sets.get(shop.id) == {"base"}
    async with sample.database.begin(shop.id) as session:
        session.add(PlatformModule(platform_id=shop.id, module_code="bundle", is_enabled=True))

    await changes.announce(shop.id)
    await changes.stop()
    await nobody.aclose()

    assert await sets.get(shop.id) == {"base", "bundle"}


async def test_trusts_what_it_knows_for_a_short_time_only_while_messages_cannot_arrive(
    shop: TestPlatform, sample: Facet
) -> None:
    now = 100.0
    freshness = Freshness(60, 2, lambda: now)
    freshness.is_connected = True
    sets = ModuleSets(sample.registry, sample.database, freshness)
    await sets.get(shop.id)
    async with sample.database.begin(shop.id) as session:
        session.add(PlatformModule(platform_id=shop.id, module_code="bundle", is_enabled=True))

    now += 3
    assert await sets.get(shop.id) == {"base"}
    freshness.is_connected = False
    assert await sets.get(shop.id) == {"base", "bundle"}


async def test_says_that_a_platform_is_unknown(sample: Facet) -> None:
    with pytest.raises(NotFound):
        await sample.module_sets.get(-1)


async def test_keeps_no_load_that_a_change_overtook() -> None:
    answers = {"a": 1}
    began, finish = asyncio.Event(), asyncio.Event()

    async def load(key: str) -> int:
        value = answers[key]
        began.set()
        await finish.wait()
        return value

    cache = FreshCache(load, Freshness(60, 60))
    slow = asyncio.create_task(cache.get("a"))
    await began.wait()
    answers["a"] = 2
    cache.forget("a")
    finish.set()

    assert await slow == 1
    assert await cache.get("a") == 2
    assert await cache.get("a") == 2


async def test_remembers_no_failure_and_no_more_than_its_size() -> None:
    loaded: list[int] = []

    async def load(key: int) -> int:
        loaded.append(key)
        if len(loaded) == 1:
            raise OSError("away")
        return key

    cache = FreshCache(load, Freshness(60, 60), max_size=2)
    with pytest.raises(OSError, match="away"):
        await cache.get(1)
    for key in (1, 2, 3, 2, 1):
        assert await cache.get(key) == key

    assert loaded == [1, 1, 2, 3, 1]


async def test_survives_a_caller_that_hangs_up_while_others_wait() -> None:
    finish = asyncio.Event()

    async def load(key: int) -> int:
        await finish.wait()
        return key

    cache = FreshCache(load, Freshness(60, 60))
    first, second = asyncio.create_task(cache.get(1)), asyncio.create_task(cache.get(1))
    await asyncio.wait({first}, timeout=0)
    first.cancel()
    finish.set()

    assert await second == 1


async def test_lowers_the_ceiling_and_switches_off_what_is_above(
    full_shop: TestPlatform, sample: Facet
) -> None:
    async with full_shop.context() as ctx:
        plan = await set_allowed_modules(ctx, ["marketplace", "bundle"], reason="Contract")

    assert plan.disable == ("marketplace", "inventory", "insights")
    assert await sample.module_sets.get(full_shop.id) == {"base", "bundle"}

    async with full_shop.context() as ctx:
        plan = await set_allowed_modules(ctx, None)

    assert plan.enable == ("insights", "inventory", "marketplace")
    assert await sample.module_sets.get(full_shop.id) == sample.registry.codes


async def test_knows_platforms_by_code_host_and_id(shop: TestPlatform, sample: Facet) -> None:
    host = f"{shop.code}.example.test"
    assert await sample.platforms.by_host(host) is None
    async with sample.database.begin(None) as session:
        await session.execute(update(Platform).where(Platform.id == shop.id).values(hosts=[host]))
    await sample.changes.announce(shop.id)

    for found in (
        await sample.platforms.by_code(shop.code),
        await sample.platforms.by_host(host.upper()),
        await sample.platforms.by_id(shop.id),
    ):
        assert found is not None
        assert (found.id, found.code, found.hosts) == (shop.id, shop.code, (host,))
    assert await sample.platforms.by_code("no-such-platform") is None
