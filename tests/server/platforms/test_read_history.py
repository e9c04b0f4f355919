"""Reading who switched which modules."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from server.app import Facet
from server.auth.models import UserAccount
from server.platforms.models import PlatformModule
from server.platforms.toggling import disable_module, enable_module
from server.testing import TestPlatform, count_statements

HISTORY = """
    query ($first: Int, $after: String) {
      moduleHistory(first: $first, after: $after) {
        totalCount
        nodes { module action reason group userName userEmail }
        pageInfo { hasNextPage endCursor }
      }
    }
"""


async def test_says_who_when_what_and_why_newest_first(shop: TestPlatform) -> None:
    email = f"{shop.code}@example.test"
    async with shop.context() as ctx:
        user = UserAccount(email=email, name="Ann")
        ctx.session.add(user)
        await ctx.session.flush()
    async with shop.context(replace(shop.admin, user_id=user.id)) as ctx:
        await enable_module(ctx, "marketplace", reason="Opening")
    async with shop.context() as ctx:
        await disable_module(ctx, "marketplace")

    result = await shop.execute(HISTORY)

    history = result.data["moduleHistory"]
    assert history["totalCount"] == 3
    assert [
        (n["module"], n["action"], n["reason"], n["userName"], n["userEmail"]) for n in history["nodes"]
    ] == [
        ("marketplace", "DISABLED", None, None, None),
        ("marketplace", "ENABLED", "Opening", "Ann", email),
        ("inventory", "ENABLED", "Opening", "Ann", email),
    ]
    groups = [node["group"] for node in history["nodes"]]
    assert groups[1] == groups[2] != groups[0]


async def test_keeps_who_switched_it_last_with_the_choice_itself(shop: TestPlatform) -> None:
    async with shop.context() as ctx:
        ann = UserAccount(email=f"{shop.code}-a@example.test", name="Ann")
        bob = UserAccount(email=f"{shop.code}-b@example.test", name="Bob")
        ctx.session.add_all([ann, bob])
        await ctx.session.flush()
    async with shop.context(replace(shop.admin, user_id=ann.id)) as ctx:
        await enable_module(ctx, "bundle")
        enabled_at = ctx.clock.now()
    async with shop.context(replace(shop.admin, user_id=bob.id)) as ctx:
        await disable_module(ctx, "bundle")

    async with shop.context() as ctx:
        statement = select(PlatformModule).where(PlatformModule.platform_id == shop.id)
        (row,) = (await ctx.session.execute(statement)).scalars()
    assert (row.module_code, row.is_enabled, row.enabled_by, row.disabled_by) == (
        "bundle",
        False,
        ann.id,
        bob.id,
    )
    assert row.enabled_at is not None
    assert row.disabled_at is not None
    assert row.enabled_at <= enabled_at <= row.disabled_at == row.updated_at


async def test_pages(shop: TestPlatform) -> None:
    async with shop.context() as ctx:
        await enable_module(ctx, "marketplace")

    first = (await shop.execute(HISTORY, {"first": 1})).data["moduleHistory"]
    second = (await shop.execute(HISTORY, {"first": 1, "after": first["pageInfo"]["endCursor"]})).data[
        "moduleHistory"
    ]

    assert first["pageInfo"]["hasNextPage"] is True
    assert second["pageInfo"]["hasNextPage"] is False
    assert {first["nodes"][0]["module"], second["nodes"][0]["module"]} == {"inventory", "marketplace"}


async def test_stays_on_its_platform(shop: TestPlatform, other_shop: TestPlatform) -> None:
    async with shop.context() as ctx:
        await enable_module(ctx, "inventory")

    assert (await other_shop.execute(HISTORY)).data["moduleHistory"]["nodes"] == []


async def test_costs_the_same_for_one_change_and_for_many(shop: TestPlatform, sample: Facet) -> None:
    async with shop.context() as ctx:
        user = UserAccount(email=f"{shop.code}@example.test", name="Ann")
        ctx.session.add(user)
        await ctx.session.flush()
    await sample.module_sets.get(shop.id)
    caller = replace(shop.admin, user_id=user.id)

    async def statements() -> int:
        with count_statements(sample) as found:
            await shop.execute("{ moduleHistory { nodes { userName userEmail } } }")
        return len(found)

    async with shop.context(caller) as ctx:
        await enable_module(ctx, "bundle")
    one = await statements()
    for step in (disable_module, enable_module) * 3:
        async with shop.context(caller) as ctx:
            await step(ctx, "marketplace")
    await sample.module_sets.get(shop.id)

    assert await statements() == one == 2
