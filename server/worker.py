"""The worker: runs the jobs that modules declare, and keeps running when Redis restarts."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from arq.connections import RedisSettings
from arq.typing import WorkerCoroutine
from arq.worker import Worker, func
from redis.exceptions import RedisError

from server.app import Facet
from server.embedded.servers import Servers
from server.platforms.installed import installed
from server.settings import Settings
from server.telemetry.logging import get_logger

log = get_logger(__name__)

LONGEST_PAUSE = 5.0


async def run_worker(settings: Settings, servers: Servers) -> None:
    """Work until cancelled. An arq worker ends when Redis restarts, so a new one takes its place."""
    facet = Facet(settings, servers, installed())
    await facet.start()
    pause = 0.1
    try:
        while True:
            try:
                await _work(facet, servers)
                return
            except (RedisError, OSError) as error:
                log.warning("worker_restarts", error=type(error).__name__, pause=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
    finally:
        await facet.stop()


async def _work(facet: Facet, servers: Servers) -> None:
    jobs: list[Any] = [func(cast(WorkerCoroutine, job)) for d in facet.registry.definitions for job in d.jobs]
    if not jobs:
        log.info("worker_has_no_jobs")
        await asyncio.Event().wait()
    worker = Worker(
        functions=jobs,
        redis_settings=RedisSettings.from_dsn(servers.redis_url),
        ctx={"facet": facet},
        handle_signals=True,
    )
    try:
        await worker.async_run()
    finally:
        await worker.close()
