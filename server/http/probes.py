"""Answers for machines: alive, ready, and the numbers Prometheus collects."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server.contracts.health import HealthStatus
from server.telemetry.logging import get_logger
from server.telemetry.prometheus import CONTENT_TYPE, Meters

logger = get_logger(__name__)

_NO_STORE = {"Cache-Control": "no-store"}
_WORDS = {HealthStatus.HEALTHY: "ok", HealthStatus.DEGRADED: "degraded", HealthStatus.UNHEALTHY: "down"}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing the process depends on.

    `run` returns a status (None is healthy) or raises. Without a `required` check the process cannot serve;
    without another one it serves on, degraded.
    """

    name: str
    run: Callable[[], Awaitable[HealthStatus | None]]
    required: bool = False


class Probes:
    """`/healthz`, `/readyz` and `/metrics`.

    `/readyz` is 200 unless a required check is down or the process is about to stop: then 503, so that a load
    balancer sends requests elsewhere. Its body says one word per check: `ok`, `degraded` or `down`.
    """

    def __init__(self, checks: Sequence[Check], meters: Meters, *, timeout: float = 2.0) -> None:
        self._checks, self._meters, self._timeout = tuple(checks), meters, timeout
        self._is_draining = False

    def drain(self) -> None:
        """Answer 503 from now on; the process is about to stop."""
        self._is_draining = True

    def routes(self) -> list[Route]:
        """The three routes."""
        return [
            Route("/healthz", self.healthz, methods=["GET"]),
            Route("/readyz", self.readyz, methods=["GET"]),
            Route("/metrics", self.metrics, methods=["GET"]),
        ]

    async def healthz(self, _request: Request) -> Response:
        """The process runs; nothing else is asked."""
        return JSONResponse({"status": "ok"}, headers=_NO_STORE)

    async def readyz(self, _request: Request) -> Response:
        """What the process depends on, asked all at once."""
        statuses = await asyncio.gather(*(self._ask(check) for check in self._checks))
        pairs = list(zip(self._checks, statuses, strict=True))
        is_up = not self._is_draining and all(s != "down" for check, s in pairs if check.required)
        is_well = all(status == "ok" for status in statuses)
        overall = (
            "draining" if self._is_draining else "down" if not is_up else "ok" if is_well else "degraded"
        )
        body = {"status": overall, "checks": {check.name: status for check, status in pairs}}
        return JSONResponse(body, status_code=200 if is_up else 503, headers=_NO_STORE)

    async def metrics(self, _request: Request) -> Response:
        """The text Prometheus scrapes."""
        return Response(self._meters.render(), headers=_NO_STORE, media_type=CONTENT_TYPE)

    async def _ask(self, check: Check) -> str:
        try:
            async with asyncio.timeout(self._timeout):
                status = await check.run()
        except Exception as error:
            logger.warning("check_failed", check=check.name, error=type(error).__name__)
            return "down"
        return _WORDS[status or HealthStatus.HEALTHY]
