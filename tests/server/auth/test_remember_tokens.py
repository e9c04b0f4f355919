"""A process remembers what a token means, for as long as that is sure to hold."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from modules.tenancy.testing import (
    make_api_key,
    make_member,
    make_session,
    make_user,
)
from server.app import Facet
from server.auth.caller import CallerKind, Grant
from server.auth.tokens import new_session_token
from server.errors import Forbidden, Unauthenticated
from server.platforms.cache import Freshness
from server.platforms.invalidation import ACCOUNTS, Changes
from server.platforms.remembered import Credential, RememberedTokens
from server.platforms.toggling import disable_module
from server.redis import connect
from server.testing import TestPlatform, count_statements
from tests.server.auth.conftest import LONG, Person, Warm, told


async def test_costs_no_statement_the_second_time(person: Person) -> None:
    callers, record = person.platform.facet.callers, person.platform.record
    for token in (person.token, person.key_token):
        with count_statements(person.platform.facet) as first:
            found = await asyncio.gather(*(callers.identify(token, platform=record) for _ in range(5)))
        with count_statements(person.platform.facet) as second:
            again = await callers.identify(token, platform=record)
            by_cookie = await callers.identify(token, by_cookie=True)

        assert (len(first), second) == (2, [])
        assert all(one == again for one in found)
        assert (again.by_cookie, by_cookie.by_cookie) == (False, True)


async def test_refuses_a_remembered_token_on_another_platform(
    person: Person, other_platform: TestPlatform
) -> None:
    callers = person.platform.facet.callers
    for token in (person.token, person.key_token):
        await callers.identify(token)

        with pytest.raises(Forbidden, match=other_platform.code):
            await callers.identify(token, platform=other_platform.record)
        assert (await callers.identify(token, platform=other_platform.record, by_cookie=True)).is_anonymous
        assert (await callers.identify(token)).platform_id == person.platform.id


async def test_has_the_permissions_of_the_modules_that_are_on_now(person: Person) -> None:
    callers = person.platform.facet.callers
    before = await callers.identify(person.token)

    async with person.platform.context() as ctx:
        await disable_module(ctx, "billing")
    after = await callers.identify(person.token)

    assert before.can("billing.view")
    assert not after.can("billing.view")
    assert after.permissions == {code for code in before.permissions if not code.startswith("billing.")}


async def test_makes_an_operators_callers_for_any_number_of_platforms(facet: Facet) -> None:
    places = [await TestPlatform.create(facet) for _ in range(10)]
    async with places[0].context() as ctx:
        user = await make_user(ctx, is_operator=True)
    token, now = new_session_token(), facet.clock.now()
    async with facet.database.begin(None) as session:
        await session.execute(
            text(
                "INSERT INTO user_session (user_id, token_hash, created_at, last_used_at, expires_at)"
                " VALUES (:user_id, :hash, :now, :now, :until)"
            ),
            {"user_id": user.id, "hash": token.hash, "now": now, "until": now + timedelta(days=1)},
        )
    await facet.callers.identify(token.token)
    for place in places:
        await facet.module_sets.get(place.id)

    with count_statements(facet) as statements:
        found = [await facet.callers.identify(token.token, platform=place.record) for place in places]

    assert [caller.platform_id for caller in found] == [place.id for place in places]
    assert statements == []


async def test_refuses_a_token_that_expires_while_it_is_remembered(
    platform: TestPlatform, warm: Warm
) -> None:
    async with platform.context() as ctx:
        user = await make_user(ctx)
        await make_member(ctx, user=user)
        until = warm.clock.at + timedelta(seconds=30)
        tokens = [
            await make_session(ctx, user, expires_at=until),
            (await make_api_key(ctx, user, "tenancy.view", expires_at=until))[1],
        ]

    for token in tokens:
        assert (await warm.callers.identify(token)).expires_at == until
    warm.clock.at = until

    for token in tokens:
        with pytest.raises(Unauthenticated, match="expired"):
            await warm.callers.identify(token)


async def test_lets_a_session_live_on_that_was_used_elsewhere(platform: TestPlatform, warm: Warm) -> None:
    async with platform.context() as ctx:
        user = await make_user(ctx)
        await make_member(ctx, user=user)
        until = warm.clock.at + timedelta(seconds=30)
        token = await make_session(ctx, user, expires_at=until)
    await warm.callers.identify(token)
    async with platform.context() as ctx:
        later = {"until": until + timedelta(days=1)}
        await ctx.session.execute(text("UPDATE user_session SET expires_at = :until"), later)
    warm.clock.at = until

    assert (await warm.callers.identify(token)).user_id == user.id


async def end_by_hand(person: Person) -> None:
    async with person.platform.context() as ctx:
        await ctx.session.execute(text("UPDATE user_session SET revoked_at = now()"))


async def test_trusts_its_memory_for_a_short_time_only_while_messages_cannot_arrive(
    person: Person, warm: Warm
) -> None:
    await warm.callers.identify(person.token)
    await end_by_hand(person)

    warm.seconds = 3
    assert (await warm.callers.identify(person.token)).user_id == person.user.id
    warm.freshness.is_connected = False
    with pytest.raises(Unauthenticated):
        await warm.callers.identify(person.token)


async def test_trusts_its_memory_for_a_bounded_time_even_while_messages_arrive(
    person: Person, warm: Warm
) -> None:
    await warm.callers.identify(person.token)
    await end_by_hand(person)

    warm.seconds = LONG - 1
    await warm.callers.identify(person.token)
    warm.seconds = LONG
    with pytest.raises(Unauthenticated):
        await warm.callers.identify(person.token)


async def test_forgets_everything_when_messages_may_have_been_missed(person: Person, warm: Warm) -> None:
    facet = person.platform.facet
    changes = Changes(facet.module_sets, facet.platforms, warm.callers.tokens, [warm.freshness], facet.redis)
    await warm.callers.identify(person.token)
    await changes.on_lost()
    lost = warm.freshness.seconds
    await end_by_hand(person)

    await changes.on_reconnected()

    assert (lost, warm.freshness.seconds) == (2, LONG)
    with pytest.raises(Unauthenticated):
        await warm.callers.identify(person.token)


async def test_tells_later_what_redis_did_not_take(
    person: Person, other_process: Facet, warm: Warm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This process cannot reach Redis for a moment, and another hears it all the time."""
    facet = person.platform.facet
    monkeypatch.setattr("server.platforms.invalidation._UNTIL_TOLD_AGAIN", 0.001)
    away = connect("redis://127.0.0.1:1")
    changes = Changes(facet.module_sets, facet.platforms, warm.callers.tokens, [warm.freshness], away)
    await other_process.callers.identify(person.token)

    with told(other_process, person.user.id, monkeypatch) as heard:
        await end_by_hand(person)
        await changes.announce_account(person.user.id)
        assert not heard.is_set()
        monkeypatch.setattr(changes, "_redis", facet.redis)
        await asyncio.wait_for(heard.wait(), 5)

    with pytest.raises(Unauthenticated):
        await other_process.callers.identify(person.token)
    await changes.stop()
    await away.aclose()


async def test_hears_nothing_in_messages_that_make_no_sense(facet: Facet) -> None:
    for data in (b"", b"x", b"-1", b"9" * 30):
        await facet.changes.on_message(ACCOUNTS, data)


async def test_keeps_no_look_up_that_a_change_overtook(
    person: Person, warm: Warm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look-up has read the old state already when the change is told."""
    has_read, go_on = asyncio.Event(), asyncio.Event()
    look_up = warm.callers.tokens._load

    async def slowly(token_hash: bytes) -> Credential:
        found = await look_up(token_hash)
        has_read.set()
        await go_on.wait()
        return found

    monkeypatch.setattr(warm.callers.tokens, "_load", slowly)
    under_way = asyncio.create_task(warm.callers.identify(person.token))
    await has_read.wait()
    await end_by_hand(person)
    warm.callers.tokens.forget_account(person.user.id)
    go_on.set()

    assert (await under_way).user_id == person.user.id  # it asked before the change
    with pytest.raises(Unauthenticated):
        await warm.callers.identify(person.token)


async def test_remembers_no_refusal(platform: TestPlatform, warm: Warm) -> None:
    async with platform.context() as ctx:
        user = await make_user(ctx)
        token = await make_session(ctx, user)
    with pytest.raises(Unauthenticated, match="no role"):
        await warm.callers.identify(token)

    async with platform.context() as ctx:
        await make_member(ctx, user=user)

    assert (await warm.callers.identify(token)).roles == ("platform_admin",)


async def test_remembers_the_tokens_used_last(person: Person) -> None:
    facet = person.platform.facet
    some, none = Warm(facet, remembered=2).callers, Warm(facet, remembered=0).callers
    for token in (person.token, person.own, person.token, person.key_token):
        await some.identify(token)
        await none.identify(token)
    await some.touches.settle()
    await none.touches.settle()

    with count_statements(facet) as statements:
        await some.identify(person.token)
        await some.identify(person.key_token)
    with count_statements(facet) as forgotten:
        await some.identify(person.own)

    assert (statements, len(forgotten), len(some.tokens), len(none.tokens)) == ([], 2, 2, 0)


async def test_notes_the_use_of_a_token_once_a_minute_beside_the_requests(person: Person, warm: Warm) -> None:
    start, facet = warm.clock.at, person.platform.facet
    touched: list[int] = []
    for minutes in (0, 1, 1.5, 2, 2.9):
        warm.clock.at = start + timedelta(minutes=minutes, seconds=1)
        with count_statements(facet) as statements:
            await asyncio.gather(*(warm.callers.identify(person.token) for _ in range(5)))
            await warm.callers.touches.settle()
        touched.append(sum("facet_touch_credential" in statement for statement in statements))

    assert touched == [0, 1, 0, 1, 0]
    expires_at = (await warm.callers.identify(person.token)).expires_at
    assert expires_at == start + timedelta(days=7, minutes=2, seconds=1)
    async with person.platform.context() as ctx:
        hash_ = text("SELECT expires_at FROM user_session WHERE token_hash = sha256(:token)")
        assert await ctx.session.scalar(hash_, {"token": person.token.encode()}) == expires_at


async def test_answers_on_when_a_use_cannot_be_noted(
    person: Person, warm: Warm, monkeypatch: pytest.MonkeyPatch
) -> None:
    await warm.callers.identify(person.token)
    tries = 0

    def refuse(_platform_id: int | None) -> None:
        nonlocal tries
        tries += 1
        raise OSError("away")

    monkeypatch.setattr(warm.callers.touches, "_database", type("Away", (), {"begin": staticmethod(refuse)}))
    for _ in range(3):
        warm.clock.at += timedelta(seconds=61)
        for _ in range(3):
            assert (await warm.callers.identify(person.token)).user_id == person.user.id
        await warm.callers.touches.settle()

    assert tries == 3


async def test_finds_the_tokens_of_an_account_among_many() -> None:
    async def load(token_hash: bytes) -> Credential:
        number = token_hash[0]
        return Credential(
            hash=token_hash,
            kind=CallerKind.SESSION,
            id=number,
            user_id=number % 3,
            email="",
            name="",
            platform_id=1,
            is_operator=False,
            scopes=None,
            expires_at=None,
            last_used_at=None,
            grants=(Grant("platform_admin"),),
        )

    tokens = RememberedTokens(load, Freshness(60, 60), max_size=20)
    for number in range(30):
        await tokens.find(bytes([number]))
    tokens.forget_account(1)
    tokens.forget(bytes([29]))

    known = [number for number in range(30) if tokens.get(bytes([number])) is not None]
    assert known == [number for number in range(10, 29) if number % 3 != 1]
    assert {user: len(hashes) for user, hashes in tokens._of_account.items()} == {0: 6, 2: 6}
    tokens.forget_all()
    assert (len(tokens), tokens._of_account) == (0, {})
