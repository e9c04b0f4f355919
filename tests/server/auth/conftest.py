"""A person with tokens, a second process, and callers whose clock a test turns."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from modules.tenancy.models import Membership
from modules.tenancy.testing import (
    PASSWORD,
    make_api_key,
    make_member,
    make_session,
    make_user,
)
from server.app import Facet
from server.auth.caller import Caller
from server.auth.models import ApiKey, UserAccount
from server.clock import Clock
from server.platforms.cache import Freshness
from server.platforms.callers import Callers
from server.settings import Settings
from server.testing import TestPlatform

LONG = 3_600.0


@pytest_asyncio.fixture(loop_scope="session")
async def other_process(facet: Facet) -> AsyncIterator[Facet]:
    """A second process on the same servers, which by itself would trust its memory for an hour."""
    settings = Settings(token_seconds=LONG, module_set_seconds=LONG)
    application = Facet(settings, facet.servers, facet.registry)
    await application.start()
    await application.subscriber.wait_connected()
    yield application
    await application.stop()


@dataclass
class Person:
    """An administrator with two sessions and a key."""

    platform: TestPlatform
    user: UserAccount
    member: Membership
    token: str
    own: str
    key: ApiKey
    key_token: str

    async def caller(self, token: str) -> Caller:
        return await self.platform.facet.callers.identify(token)

    async def run(self, document: str, caller: Caller, **variables: str) -> str:
        result = await self.platform.execute(document, variables, caller=caller)
        assert result.errors == []
        (answer,) = result.data.values()
        return str(answer["__typename"])


@pytest_asyncio.fixture(loop_scope="session")
async def person(platform: TestPlatform) -> Person:
    async with platform.context() as ctx:
        user = await make_user(ctx, password=PASSWORD)
        member = await make_member(ctx, user=user)
        await make_member(ctx, user=await make_user(ctx))
        key, key_token = await make_api_key(ctx, user, "tenancy.view")
        return Person(
            platform,
            user,
            member,
            await make_session(ctx, user),
            await make_session(ctx, user),
            key,
            key_token,
        )


@contextmanager
def told(process: Facet, user_id: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[asyncio.Event]:
    """Set once `process` was told that the account changed."""
    event, forget = asyncio.Event(), process.callers.tokens.forget_account

    def forget_and_tell(changed: int) -> None:
        forget(changed)
        if changed == user_id:
            event.set()

    with monkeypatch.context() as patch:
        patch.setattr(process.callers.tokens, "forget_account", forget_and_tell)
        yield event


class Hands(Clock):
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def now(self) -> datetime:
        return self.at


class Warm:
    """Callers with a clock and a freshness of their own."""

    def __init__(self, facet: Facet, *, remembered: int = 100) -> None:
        self.seconds, self.clock = 0.0, Hands()
        self.freshness = Freshness(LONG, 2, lambda: self.seconds)
        self.freshness.is_connected = True
        self.callers = Callers(
            database=facet.database,
            directory=facet.directory,
            permissions={code: d.permissions for code, d in facet.registry.modules.items()},
            modules_of=facet.module_sets.get,
            clock=self.clock,
            session_days=7,
            freshness=self.freshness,
            remembered=remembered,
        )


@pytest.fixture
def warm(facet: Facet) -> Warm:
    return Warm(facet)
