"""Telling every process that a platform changed."""

from __future__ import annotations

from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.platforms.cache import Freshness
from server.platforms.directory import PlatformDirectory
from server.platforms.module_sets import ModuleSets
from server.telemetry.logging import get_logger

logger = get_logger(__name__)

CHANNEL = "facet:modules"


class PlatformChanges:
    """Forgets what changed: here at once, elsewhere by a message. Its callbacks are a `Subscriber`'s."""

    def __init__(
        self, module_sets: ModuleSets, platforms: PlatformDirectory, freshness: Freshness, redis: Redis
    ) -> None:
        self._module_sets, self._platforms = module_sets, platforms
        self._freshness, self._redis = freshness, redis

    async def announce(self, platform_id: int) -> None:
        """The platform or its modules changed; call it after the commit.

        Without Redis the others notice when what they remember is no longer fresh.
        """
        self._forget(platform_id)
        try:
            await self._redis.publish(CHANNEL, str(platform_id))
        except (RedisError, OSError) as error:
            logger.warning(
                "platform_change_not_announced", platform_id=platform_id, error=type(error).__name__
            )

    async def on_message(self, _channel: str, data: bytes) -> None:
        """Another process (or this one) changed a platform."""
        if data.isdigit():
            self._forget(int(data))

    async def on_reconnected(self) -> None:
        """Messages may have been missed: nothing remembered counts any more."""
        self._module_sets.forget_all()
        self._platforms.forget_all()
        self._freshness.is_connected = True

    async def on_lost(self) -> None:
        """No messages arrive: trust what is remembered for a short time only."""
        self._freshness.is_connected = False

    def _forget(self, platform_id: int) -> None:
        self._module_sets.forget(platform_id)
        self._platforms.forget(platform_id)
