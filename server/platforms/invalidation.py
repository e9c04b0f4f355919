"""Telling every process that a platform, or what an account's tokens mean, has changed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.context import Context
from server.platforms.cache import Freshness
from server.platforms.directory import PlatformDirectory
from server.platforms.module_sets import ModuleSets
from server.platforms.remembered import RememberedTokens
from server.telemetry.logging import get_logger

logger = get_logger(__name__)

PLATFORMS = "facet:modules"
ACCOUNTS = "facet:accounts"
CHANNELS = (PLATFORMS, ACCOUNTS)

_UNTIL_TOLD_AGAIN = 0.5
_MOST_UNTOLD = 10_000


class Changes:
    """Forgets what changed: here at once, elsewhere by a message. Its callbacks are a `Subscriber`'s."""

    def __init__(
        self,
        module_sets: ModuleSets,
        platforms: PlatformDirectory,
        tokens: RememberedTokens,
        freshness: Sequence[Freshness],
        redis: Redis,
    ) -> None:
        self._module_sets, self._platforms, self._tokens = module_sets, platforms, tokens
        self._freshness, self._redis = freshness, redis
        self._untold: dict[tuple[str, int], None] = {}
        self._telling: asyncio.Task[None] | None = None

    async def announce(self, platform_id: int) -> None:
        """The platform or its modules changed; call it after the commit.

        Without Redis the others notice when what they remember is no longer fresh.
        """
        self._forget(PLATFORMS, platform_id)
        await self._announce(PLATFORMS, platform_id)

    async def announce_account(self, user_id: int) -> None:
        """A credential, role or flag of the account changed; call it after the commit (`account_changed` does)."""
        self._forget(ACCOUNTS, user_id)
        await self._announce(ACCOUNTS, user_id)

    async def on_message(self, channel: str, data: bytes) -> None:
        """Another process (or this one) changed something."""
        if data.isdigit():
            self._forget(channel, int(data))

    async def on_reconnected(self) -> None:
        """Messages may have been missed: nothing remembered counts any more."""
        self._module_sets.forget_all()
        self._platforms.forget_all()
        self._tokens.forget_all()
        for freshness in self._freshness:
            freshness.is_connected = True

    async def on_lost(self) -> None:
        """No messages arrive: trust what is remembered for a short time only."""
        for freshness in self._freshness:
            freshness.is_connected = False

    async def stop(self) -> None:
        """Give up telling what Redis did not take."""
        telling, self._telling = self._telling, None
        if telling is not None:
            telling.cancel()
            await asyncio.wait({telling})

    def _forget(self, channel: str, id: int) -> None:
        if channel == ACCOUNTS:
            self._tokens.forget_account(id)
        else:
            self._module_sets.forget(id)
            self._platforms.forget(id)

    async def _announce(self, channel: str, id: int) -> None:
        if await self._publish(channel, id):
            return
        if len(self._untold) < _MOST_UNTOLD:
            self._untold[channel, id] = None
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell_again(), name="untold-changes")

    async def _publish(self, channel: str, id: int) -> bool:
        try:
            await self._redis.publish(channel, str(id))
        except (RedisError, OSError) as error:
            logger.warning("change_not_announced", channel=channel, id=id, error=type(error).__name__)
            return False
        return True

    async def _tell_again(self) -> None:
        """Other processes may hear Redis while this one cannot reach it: they are told as soon as it can."""
        while self._untold:
            await asyncio.sleep(_UNTIL_TOLD_AGAIN)
            for channel, id in list(self._untold):
                if not await self._publish(channel, id):
                    break
                self._untold.pop((channel, id), None)


def account_changed(ctx: Context, user_id: int) -> None:
    """This transaction changes what the account's tokens mean: sessions or keys end, roles come or go.

    Once it has committed, or may have, every process asks the database about them again; this one before it answers.
    """
    ctx.after_commit(partial(ctx.services.changes.announce_account, user_id), even_in_doubt=True)
