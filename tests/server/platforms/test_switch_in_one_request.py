"""Switching several modules in one request."""

from __future__ import annotations

from server.app import Facet
from server.testing import TestPlatform
from tests.server.platforms.sample import journal

BOTH = """
    mutation {
      first: enableModule(code: "marketplace") { __typename }
      second: enableModule(code: "bundle") { __typename }
    }
"""


async def test_tells_nothing_of_a_change_that_failed_before_another_in_one_request(
    shop: TestPlatform, sample: Facet
) -> None:
    """What `inventory` would have told is dropped when `marketplace` fails, also if the next change succeeds."""
    journal.failing.add((shop.id, "marketplace", "on_enable"))

    result = await shop.execute(BOTH)

    assert result.data == {
        "first": {"__typename": "ModuleHookFailed"},
        "second": {"__typename": "EnableModulePayload"},
    }
    assert journal.told_on(shop.id) == [("base", "module.enabled", "bundle")]
    assert await sample.module_sets.get(shop.id) == {"base", "bundle"}
