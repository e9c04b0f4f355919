"""The health of the process: what it depends on, and what its modules say of themselves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from server.context import Context
from server.contracts.health import Health, HealthCheck, HealthStatus
from server.platforms.registry import Registry
from server.telemetry.logging import get_logger

logger = get_logger(__name__)

TIMEOUT_SECONDS = 2.0

OpenContext = Callable[[int], AbstractAsyncContextManager[Context]]
"""A reading context of the system itself on the platform of that id."""


@dataclass(frozen=True, slots=True)
class KernelCheck:
    """Something every operation depends on. `run` raises when it is away.

    Without a `required` one nothing can be served: the process is UNHEALTHY. Without another it is DEGRADED.
    """

    name: str
    run: Callable[[], Awaitable[None]]
    required: bool = False


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The answer of one check. `code` is a module's code or the name of a kernel check."""

    code: str
    status: HealthStatus
    message: str
    latency_ms: float
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HealthReport:
    """All answers, and what they mean together."""

    status: HealthStatus
    checks: tuple[CheckResult, ...]
    modules: tuple[CheckResult, ...]


class HealthChecks:
    """Runs the modules' start-up hooks and asks everybody's health at once, each for two seconds at most.

    A module that is unwell makes the whole DEGRADED, never UNHEALTHY: the others still serve.
    """

    def __init__(
        self,
        registry: Registry,
        checks: Iterable[KernelCheck] = (),
        *,
        open_context: OpenContext,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        self._registry, self._checks, self._timeout = registry, tuple(checks), timeout
        self._open_context = open_context
        self._failed_starts: set[str] = set()

    async def run_startup(self) -> tuple[str, ...]:
        """Run every module's `on_startup`, requirements first; the codes of those that failed.

        A failure is logged and shown in the module's health. The process serves on.
        """
        for code, definition in self._registry.modules.items():
            self._failed_starts.discard(code)
            if definition.on_startup is None:
                continue
            try:
                await definition.on_startup()
            except Exception:
                self._failed_starts.add(code)
                logger.exception("module_start_failed", module=code)
        return self._registry.ordered(self._failed_starts)

    async def report(
        self, modules: Iterable[str] | None = None, platform_id: int | None = None
    ) -> HealthReport:
        """The health of the process and of `modules` (all by default), there or as such."""
        codes = self._registry.ordered(self._registry.codes if modules is None else frozenset(modules))
        asked = [self._kernel(check) for check in self._checks]
        asked += [self.module(code, platform_id) for code in codes]
        results = await asyncio.gather(*asked)
        kernel, own = tuple(results[: len(self._checks)]), tuple(results[len(self._checks) :])
        return HealthReport(self._overall(kernel, own), kernel, own)

    async def module(self, code: str, platform_id: int | None = None) -> CheckResult:
        """What one module says of itself on that platform, or of what is the same on all of them."""
        definition = self._registry[code]
        if code in self._failed_starts:
            return CheckResult(code, HealthStatus.UNHEALTHY, "Its start-up failed; the log says why.", 0.0)
        if definition.health_check is None:
            return CheckResult(code, HealthStatus.HEALTHY, "OK", 0.0)
        check = definition.health_check
        return await self._ask(code, lambda: self._check(check, platform_id))

    async def overall_of_modules(self) -> HealthStatus:
        """HEALTHY, or DEGRADED when a module is not: the check of the modules for a readiness probe."""
        results = await asyncio.gather(*(self.module(code) for code in self._registry.modules))
        return self._overall((), results)

    async def _check(self, check: HealthCheck, platform_id: int | None) -> Health:
        if platform_id is None:
            return await check(None)
        async with self._open_context(platform_id) as ctx:
            return await check(ctx)

    async def _kernel(self, check: KernelCheck) -> CheckResult:
        async def run() -> Health:
            await check.run()
            return Health()

        return await self._ask(check.name, run)

    async def _ask(self, code: str, run: Callable[[], Awaitable[Health]]) -> CheckResult:
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self._timeout):
                health = await run()
        except TimeoutError:
            health = Health(HealthStatus.UNHEALTHY, f"No answer within {self._timeout:g} s.")
        except Exception:
            logger.exception("health_check_failed", check=code)
            health = Health(HealthStatus.UNHEALTHY, "The check failed; the log says why.")
        latency_ms = round((time.perf_counter() - began) * 1000, 3)
        return CheckResult(code, health.status, health.message, latency_ms, health.details)

    def _overall(self, kernel: Iterable[CheckResult], modules: Iterable[CheckResult]) -> HealthStatus:
        required = {check.name for check in self._checks if check.required}
        kernel = tuple(kernel)
        if any(r.status is HealthStatus.UNHEALTHY for r in kernel if r.code in required):
            return HealthStatus.UNHEALTHY
        if any(result.status is not HealthStatus.HEALTHY for result in (*kernel, *modules)):
            return HealthStatus.DEGRADED
        return HealthStatus.HEALTHY
