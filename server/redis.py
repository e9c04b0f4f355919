"""Connections to Valkey (or Redis), and a subscription that survives its restarts.

Whoever asks it for something must do without an answer: a connection attempt or a command that takes
longer than `timeout` fails, and losing the server loses nothing but time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import RedisError

from server.telemetry.logging import get_logger
from server.telemetry.traceback import describe_exception

logger = get_logger(__name__)

DEFAULT_TIMEOUT = 0.2
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0
_QUIET_SECONDS = 1.0
_UNTIL_NEXT_CANCEL = 0.05

OnMessage = Callable[[str, bytes], Awaitable[None]]
OnChange = Callable[[], Awaitable[None]]


def connect(url: str, *, timeout: float = DEFAULT_TIMEOUT, retries: int = 1) -> Redis:
    """A client for `url`. One immediate retry hides a connection that the server closed meanwhile.

    What timed out is not tried again: whoever asked has waited long enough.
    """
    client: Redis = Redis.from_url(
        url,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), retries, supported_errors=(ConnectionLost,)),
        retry_on_error=[ConnectionLost] if retries else [],
        retry_on_timeout=False,
        health_check_interval=0,
    )
    return client


async def _nothing() -> None:
    return None


class Subscriber:
    """Listens to channels for ever, reconnecting with growing pauses.

    Messages sent while the connection is down are lost, so `on_reconnected` (also called for the first
    connection) must read again whatever the messages were about. `on_lost` is called once per loss.
    An exception of a callback is logged and does not end the subscription.
    """

    def __init__(
        self,
        url: str,
        channels: tuple[str, ...],
        *,
        on_message: OnMessage,
        on_reconnected: OnChange = _nothing,
        on_lost: OnChange = _nothing,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> None:
        # Without retries every loss surfaces here; redis-py would otherwise reconnect in silence.
        self._client, self._channels = connect(url, timeout=timeout, retries=0), channels
        self._on_message, self._on_reconnected, self._on_lost = on_message, on_reconnected, on_lost
        self._task: asyncio.Task[None] | None = None
        self._connected = asyncio.Event()

    @property
    def connected(self) -> bool:
        """Whether messages arrive right now."""
        return self._connected.is_set()

    async def wait_connected(self) -> None:
        """Return once the channels are subscribed."""
        await self._connected.wait()

    def start(self) -> None:
        """Begin to listen in the background; `stop` ends it."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="redis-subscriber")

    async def stop(self) -> None:
        """End the subscription and close its connection; no callback runs afterwards."""
        task, self._task = self._task, None
        if task is not None:
            # The client swallows a cancellation that comes while it connects.
            while not task.done():
                task.cancel()
                await asyncio.wait([task], timeout=_UNTIL_NEXT_CANCEL)
            with suppress(asyncio.CancelledError):
                await task
        self._connected.clear()
        await self._client.aclose()

    async def _run(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            try:
                async with self._client.pubsub() as pubsub:
                    await pubsub.subscribe(*self._channels)
                    await self._listen(pubsub)
            except (RedisError, OSError) as error:
                pause = _FIRST_PAUSE if self.connected else min(pause * 2, _LONGEST_PAUSE)
                await self._lost(error)
            await asyncio.sleep(pause)

    async def _listen(self, pubsub: PubSub) -> None:
        """Deliver messages until the connection fails; pings when the channels are quiet."""
        waiting_for_pong, subscribed = False, 0
        while True:
            message = await pubsub.get_message(timeout=_QUIET_SECONDS)
            if message is None:
                if waiting_for_pong:
                    raise TimeoutError("no answer to a ping")
                await pubsub.ping()
                waiting_for_pong = True
                continue
            waiting_for_pong = False
            if message["type"] == "subscribe":
                subscribed += 1
                if subscribed == len(self._channels):
                    self._connected.set()
                    await self._call(self._on_reconnected)
            elif message["type"] == "message":
                channel, data = message["channel"], message["data"]
                await self._call(self._on_message, channel.decode(), data)

    async def _lost(self, error: Exception) -> None:
        if not self.connected:
            return
        self._connected.clear()
        logger.warning("redis_subscription_lost", error=type(error).__name__)
        await self._call(self._on_lost)

    @staticmethod
    async def _call(callback: Callable[..., Awaitable[None]], *arguments: object) -> None:
        try:
            await callback(*arguments)
        except Exception as error:
            logger.error("redis_callback_failed", failure=describe_exception(error))
