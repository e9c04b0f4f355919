"""The worker: runs the jobs that modules declare, and keeps running when Redis restarts."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from typing import Any, cast

from arq.connections import RedisSettings
from arq.typing import WorkerCoroutine
from arq.worker import Worker, func
from redis.exceptions import RedisError

from server.app import Facet
from server.embedded.servers import Servers
from server.platforms.installed import installed
from server.platforms.registry import Registry
from server.settings import Settings
from server.telemetry.logging import get_logger

log = get_logger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0


async def run_worker(settings: Settings, servers: Servers, registry: Registry | None = None) -> None:
    """Run the jobs of `registry` (what is installed) until SIGTERM or SIGINT.

    Jobs that run at that moment are cancelled and run again by the next worker, so a job runs at least once.
    """
    facet = Facet(settings, servers, registry or installed())
    await facet.start()
    work = asyncio.ensure_future(_keep_working(facet, servers))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, work.cancel)
    log.info("worker_started")
    try:
        with suppress(asyncio.CancelledError):
            await work
    finally:
        await facet.stop()
        log.info("worker_stopped")


async def _keep_working(facet: Facet, servers: Servers) -> None:
    """An arq worker ends when Redis restarts; then a new one takes its place."""
    jobs: list[Any] = [func(cast(WorkerCoroutine, job)) for d in facet.registry.definitions for job in d.jobs]
    if not jobs:
        log.info("worker_has_no_jobs")
        await asyncio.Event().wait()
    pause = FIRST_PAUSE
    while True:
        worker = Worker(
            functions=jobs,
            redis_settings=RedisSettings.from_dsn(servers.redis_url),
            ctx={"facet": facet},
            handle_signals=False,
        )
        try:
            await worker.async_run()
        except (RedisError, OSError) as error:
            pause = FIRST_PAUSE if worker.jobs_complete else min(pause * 2, LONGEST_PAUSE)
            log.warning("worker_restarts", error=type(error).__name__, pause=pause)
        finally:
            with suppress(RedisError, OSError):
                await worker.close()
        await asyncio.sleep(pause)
