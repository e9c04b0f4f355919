"""Checking health."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import text

from server.app import Facet
from server.asgi import serve
from server.context import Context
from server.contracts.health import Health, HealthCheck, HealthStatus
from server.contracts.module import ModuleDefinition
from server.platforms.health import HealthChecks, KernelCheck
from server.platforms.registry import Registry
from server.settings import Settings
from server.testing import TestPlatform
from tests.server.platforms.sample.base.module import NoDirectory

base = ModuleDefinition(code="base", name="Base", description="", is_core=True, directory=NoDirectory())
plain = ModuleDefinition(code="plain", name="Plain", description="")


async def fine() -> None:
    return None


async def away() -> None:
    raise ConnectionError("secret-host:5432")


def no_platform(_platform_id: int) -> AbstractAsyncContextManager[Context]:
    raise AssertionError("Nobody asked about a platform.")


def registry(**checks: HealthCheck) -> Registry:
    return Registry(
        [base, *(replace(plain, code=code, health_check=check) for code, check in checks.items())]
    )


async def test_is_shown_to_administrators_for_the_modules_that_are_on(sample: Facet) -> None:
    platform = await TestPlatform.create(sample, modules=["inventory"])

    result = await platform.execute(
        "{ health { status checks { code status } modules { code status message latencyMs details } } }"
    )

    health = result.data["health"]
    assert health["status"] == "DEGRADED"
    assert {check["code"]: check["status"] for check in health["checks"]} == {
        "database": "HEALTHY",
        "redis": "HEALTHY",
    }
    found = {module.pop("code"): module for module in health["modules"]}
    assert found.keys() == {"base", "inventory"}
    assert found["base"]["status"] == "HEALTHY"
    assert found["inventory"]["latencyMs"] >= 0
    assert (found["inventory"]["status"], found["inventory"]["message"], found["inventory"]["details"]) == (
        "UNHEALTHY",
        "The scales do not answer.",
        {"scales": "away", "asked about": platform.code},
    )


async def test_shows_a_module_whose_start_failed_and_serves_the_others(full_shop: TestPlatform) -> None:
    result = await full_shop.execute("{ modules { code health { status message } } stock { name } }")

    found = {module["code"]: module["health"] for module in result.data["modules"]}
    assert found["insights"] == {"status": "UNHEALTHY", "message": "Its start-up failed; the log says why."}
    assert found["bundle"] == {"status": "HEALTHY", "message": "OK"}
    assert result.data["stock"] == [{"name": "Tea"}]


async def test_is_not_for_merchants(full_shop: TestPlatform) -> None:
    result = await full_shop.execute("{ health { status } }", caller=full_shop.merchant_member(1))

    assert result.errors[0]["message"].startswith("Cannot query field 'health' on type 'Query'.")


async def test_says_nothing_of_an_exception() -> None:
    async def broken(_ctx: Context | None) -> Health:
        raise RuntimeError("secret-in-a-check")

    report = await HealthChecks(registry(broken=broken), open_context=no_platform).report()

    (result,) = [result for result in report.modules if result.code == "broken"]
    assert (result.status, result.message) == (HealthStatus.UNHEALTHY, "The check failed; the log says why.")
    assert report.status is HealthStatus.DEGRADED


async def test_does_not_wait_for_a_module_that_hangs() -> None:
    async def hangs(_ctx: Context | None) -> Health:
        await asyncio.Event().wait()
        return Health()

    report = await HealthChecks(registry(hangs=hangs), open_context=no_platform, timeout=0.01).report()

    (result,) = [result for result in report.modules if result.code == "hangs"]
    assert (result.status, result.message) == (HealthStatus.UNHEALTHY, "No answer within 0.01 s.")


async def test_asks_everybody_at_once() -> None:
    meeting = asyncio.Barrier(3)

    async def meets(_ctx: Context | None) -> Health:
        await meeting.wait()
        return Health()

    report = await HealthChecks(
        registry(one=meets, two=meets, three=meets), open_context=no_platform
    ).report()

    assert report.status is HealthStatus.HEALTHY


@pytest.mark.parametrize(
    ("database", "redis", "expected"),
    [
        (fine, fine, HealthStatus.HEALTHY),
        (fine, away, HealthStatus.DEGRADED),
        (away, fine, HealthStatus.UNHEALTHY),
        (away, away, HealthStatus.UNHEALTHY),
    ],
)
async def test_is_unhealthy_without_what_is_required_and_degraded_without_the_rest(
    database: Callable[[], Awaitable[None]], redis: Callable[[], Awaitable[None]], expected: HealthStatus
) -> None:
    checks = HealthChecks(
        registry(),
        [KernelCheck("database", database, required=True), KernelCheck("redis", redis)],
        open_context=no_platform,
    )

    report = await checks.report()

    assert report.status is expected
    assert "secret" not in str(report)


async def test_runs_start_up_hooks_once_and_names_those_that_failed() -> None:
    started: list[str] = []

    async def start() -> None:
        started.append("one")

    async def fail() -> None:
        raise RuntimeError("no")

    one, two = replace(plain, code="one", on_startup=start), replace(plain, code="two", on_startup=fail)
    checks = HealthChecks(Registry([base, one, two]), open_context=no_platform)

    assert await checks.run_startup() == ("two",)
    assert started == ["one"]
    assert await checks.overall_of_modules() is HealthStatus.DEGRADED


async def test_asks_a_module_about_the_platform_where_it_is_on(sample: Facet) -> None:
    """`inventory` tells whom it was asked about."""
    on = await TestPlatform.create(sample, modules=["inventory"])
    off = await TestPlatform.create(sample, modules=[])
    question = "{ modules { code health { status details } } health { modules { code details } } }"

    asked_on, asked_off = await on.execute(question), await off.execute(question)

    found = {module["code"]: module["health"] for module in asked_on.data["modules"]}
    assert found["inventory"]["details"] == {"scales": "away", "asked about": on.code}
    (inside,) = [m for m in asked_on.data["health"]["modules"] if m["code"] == "inventory"]
    assert inside["details"] == found["inventory"]["details"]
    found = {module["code"]: module["health"] for module in asked_off.data["modules"]}
    assert found["inventory"]["details"] == {"scales": "away"}


async def test_lets_a_check_read_and_nothing_else(sample: Facet, shop: TestPlatform) -> None:
    async def writes(ctx: Context | None) -> Health:
        assert ctx is not None
        await ctx.session.execute(text("DELETE FROM platform_module"))
        return Health()

    application = Facet(Settings(), sample.servers, registry(writes=writes))
    try:
        result = await application.health.module("writes", shop.id)
    finally:
        await application.stop()

    assert (result.status, result.message) == (HealthStatus.UNHEALTHY, "The check failed; the log says why.")


async def test_serves_on_with_a_module_that_is_unwell(sample: Facet) -> None:
    """`/readyz` sends requests elsewhere only where this process cannot serve at all."""
    transport = httpx.ASGITransport(app=serve(sample).app)
    async with httpx.AsyncClient(transport=transport, base_url="http://facet.test") as client:
        answer = await client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "degraded",
        "checks": {"database": "ok", "redis": "ok", "modules": "degraded"},
    }
