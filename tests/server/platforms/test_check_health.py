"""Checking health."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from server.app import Facet
from server.contracts.health import Health, HealthStatus
from server.contracts.module import ModuleDefinition
from server.platforms.health import HealthChecks, KernelCheck
from server.platforms.registry import Registry
from server.testing import TestPlatform
from tests.server.platforms.sample.base.module import NoDirectory

base = ModuleDefinition(code="base", name="Base", description="", is_core=True, directory=NoDirectory())
plain = ModuleDefinition(code="plain", name="Plain", description="")


async def fine() -> None:
    return None


async def away() -> None:
    raise ConnectionError("secret-host:5432")


def registry(**checks: Callable[[], Awaitable[Health]]) -> Registry:
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
        {"scales": "away"},
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
    async def broken() -> Health:
        raise RuntimeError("secret-in-a-check")

    report = await HealthChecks(registry(broken=broken)).report()

    (result,) = [result for result in report.modules if result.code == "broken"]
    assert (result.status, result.message) == (HealthStatus.UNHEALTHY, "The check failed; the log says why.")
    assert report.status is HealthStatus.DEGRADED


async def test_does_not_wait_for_a_module_that_hangs() -> None:
    async def hangs() -> Health:
        await asyncio.Event().wait()
        return Health()

    report = await HealthChecks(registry(hangs=hangs), timeout=0.01).report()

    (result,) = [result for result in report.modules if result.code == "hangs"]
    assert (result.status, result.message) == (HealthStatus.UNHEALTHY, "No answer within 0.01 s.")


async def test_asks_everybody_at_once() -> None:
    meeting = asyncio.Barrier(3)

    async def meets() -> Health:
        await meeting.wait()
        return Health()

    report = await HealthChecks(registry(one=meets, two=meets, three=meets)).report()

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
        registry(), [KernelCheck("database", database, required=True), KernelCheck("redis", redis)]
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
    checks = HealthChecks(Registry([base, one, two]))

    assert await checks.run_startup() == ("two",)
    assert started == ["one"]
    assert await checks.overall_of_modules() is HealthStatus.DEGRADED
