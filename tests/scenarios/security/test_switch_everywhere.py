"""A module switched off in one process is refused by another as soon as it has heard of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from server.app import Facet
from server.platforms.invalidation import PLATFORMS
from server.redis import Subscriber
from server.settings import Settings
from server.testing import TestPlatform
from tests.scenarios.security.installation import Site, codes_of, open_site, token_of

ASKED = "{ tiers { totalCount } }"
SWITCH = 'mutation { %sModule(code: "billing") { __typename } }'


class Ear:
    """Knows when a process has dealt with the news of a platform."""

    def __init__(self, facet: Facet) -> None:
        self._changes, self._heard = facet.changes, asyncio.Condition()
        self._news: list[bytes] = []

    async def on_message(self, channel: str, data: bytes) -> None:
        await self._changes.on_message(channel, data)
        async with self._heard:
            self._news.append(data)
            self._heard.notify_all()

    async def wait_for(self, platform_id: int, times: int) -> None:
        async with self._heard, asyncio.timeout(10):
            await self._heard.wait_for(lambda: self._news.count(str(platform_id).encode()) >= times)


@pytest_asyncio.fixture(loop_scope="session")
async def second(facet: Facet) -> AsyncIterator[tuple[Site, Ear]]:
    """A second process that trusts what it remembers for an hour unless told otherwise."""
    other = Facet(Settings(module_set_seconds=3_600), facet.servers, facet.registry)
    ear = Ear(other)
    other.subscriber = Subscriber(
        facet.servers.redis_url,
        (PLATFORMS,),
        on_message=ear.on_message,
        on_reconnected=other.changes.on_reconnected,
        on_lost=other.changes.on_lost,
    )
    await other.start()
    await other.subscriber.wait_connected()
    async with open_site(other) as site:
        yield site, ear
    await other.stop()


@pytest.mark.parametrize("caller", ["administrator", "operator"])
async def test_refuses_and_serves_again_as_soon_as_the_news_arrives(
    site: Site, second: tuple[Site, Ear], platform: TestPlatform, caller: str
) -> None:
    elsewhere, ear = second
    token, at = await token_of(platform, is_operator=caller == "operator"), f"/p/{platform.code}/graphql"
    served = await elsewhere.ask(ASKED, token=token, at=at)

    off = await site.ask(SWITCH % "disable", token=token, at=at)
    await ear.wait_for(platform.id, 1)
    refused = await elsewhere.ask(ASKED, token=token, at=at)
    never = await elsewhere.ask(ASKED.replace("tiers", "zqxjk"), token=token, at=at)

    assert served.json()["data"] == {"tiers": {"totalCount": 0}}
    assert off.json()["data"]["disableModule"]["__typename"] == "DisableModulePayload"
    assert refused.status_code == 400
    assert codes_of(refused) == codes_of(never) == ["GRAPHQL_VALIDATION_FAILED"]

    await site.ask(SWITCH % "enable", token=token, at=at)
    await ear.wait_for(platform.id, 2)
    again = await elsewhere.ask(ASKED, token=token, at=at)
    assert again.json()["data"] == {"tiers": {"totalCount": 0}}
