"""Checking the health of billing."""

from __future__ import annotations

from typing import Any

from server.testing import TestPlatform

HEALTH = "{ health { modules { code status message details } } }"
SET = """
    mutation ($values: JSON!) {
      configureModule(code: "billing", values: $values) { __typename }
    }
"""


async def health(platform: TestPlatform) -> dict[str, Any]:
    answer = await platform.execute(HEALTH)
    (found,) = [m for m in answer.data["health"]["modules"] if m.pop("code") == "billing"]
    return dict(found)


async def test_is_well_while_no_real_money_is_charged(platform: TestPlatform) -> None:
    assert await health(platform) == {"status": "HEALTHY", "message": "OK", "details": {"mode": "test"}}


async def test_misses_the_key_in_live_mode_on_that_platform_only(
    platform: TestPlatform, other_platform: TestPlatform
) -> None:
    await platform.execute(SET, {"values": {"mode": "live"}})

    assert await health(platform) == {
        "status": "UNHEALTHY",
        "message": "The mode is live and stripe_secret_key is not set; set it, or set the mode to test.",
        "details": {"mode": "live"},
    }
    assert (await health(other_platform))["status"] == "HEALTHY"


async def test_is_well_in_live_mode_with_the_key_and_keeps_it_to_itself(platform: TestPlatform) -> None:
    await platform.execute(SET, {"values": {"mode": "live", "stripe_secret_key": "sk_live_planted"}})

    found = await health(platform)

    assert (found["status"], found["details"]) == ("HEALTHY", {"mode": "live"})
    assert "planted" not in str(found)


async def test_says_nothing_of_a_platform_to_a_probe(platform: TestPlatform) -> None:
    await platform.execute(SET, {"values": {"mode": "live"}})

    result = await platform.facet.health.module("billing")

    assert (result.status.value, result.details) == ("HEALTHY", {})
