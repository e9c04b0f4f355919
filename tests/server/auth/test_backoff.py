"""Slow down the guessing of passwords."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from modules.tenancy.testing import make_user
from server.auth.backoff import (
    FREE_TRIES,
    Attempt,
    forget_attempts,
    stranger_locked_until,
    take_attempt,
    wait_after,
)
from server.testing import TestPlatform

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)


async def attempt(platform: TestPlatform, email: str, now: datetime = NOON) -> Attempt:
    async with platform.facet.database.begin(None) as session:
        return await take_attempt(session, email, now)


@pytest.mark.parametrize(
    ("tries", "seconds"),
    [(1, 0), (9, 0), (10, 30), (11, 60), (12, 120), (13, 240), (14, 480), (15, 900), (99, 900)],
)
def test_waits_longer_after_each_further_try(tries: int, seconds: int) -> None:
    assert wait_after(tries) == timedelta(seconds=seconds)


async def test_waits_as_long_in_the_database(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        user = await make_user(ctx, password="correct horse")
    now, waits = NOON, []

    for _ in range(16):
        assert (await attempt(platform, user.email, now)).user_id == user.id
        refused = await attempt(platform, user.email, now)
        while refused.locked_until is None:
            refused = await attempt(platform, user.email, now)
        waits.append((refused.locked_until - now).total_seconds())
        now = refused.locked_until

    assert waits == [30, 60, 120, 240, 480, *[900] * 11]


async def test_counts_tries_at_the_same_moment_one_by_one(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        user = await make_user(ctx, password="correct horse")

    tries = await asyncio.gather(*(attempt(platform, user.email) for _ in range(15)))

    assert sum(one.user_id == user.id for one in tries) == FREE_TRIES
    assert sum(one.locked_until == NOON + timedelta(seconds=30) for one in tries) == 5


async def test_begins_anew_after_a_success(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        user = await make_user(ctx, password="correct horse")
    for _ in range(FREE_TRIES - 1):
        await attempt(platform, user.email)

    async with platform.facet.database.begin(None) as session:
        await forget_attempts(session, user.id)
    tries = [await attempt(platform, user.email) for _ in range(FREE_TRIES + 1)]

    assert [one.user_id for one in tries] == [*[user.id] * FREE_TRIES, None]


async def test_gives_no_hash_of_an_account_that_is_not_active(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        user = await make_user(ctx, password="correct horse")
        user.is_active = False

    assert (await attempt(platform, user.email)).password_hash is None


async def test_lets_strangers_wait_like_accounts(platform: TestPlatform) -> None:
    redis, email = platform.facet.redis, f"nobody@{platform.code}.example"

    answers = [await stranger_locked_until(redis, email, NOON) for _ in range(FREE_TRIES + 1)]
    later = await stranger_locked_until(redis, email, NOON + timedelta(seconds=30))
    again = await stranger_locked_until(redis, email, NOON + timedelta(seconds=31))

    assert answers == [*[None] * FREE_TRIES, NOON + timedelta(seconds=30)]
    assert later is None
    assert again == NOON + timedelta(seconds=90)
