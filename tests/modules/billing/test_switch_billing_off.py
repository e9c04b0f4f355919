"""A platform without billing works, as if billing did not exist."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio

from modules.tenancy.testing import make_merchant
from server.app import Facet
from server.testing import TestPlatform
from tests.modules.billing.asking import a_subscription

OFF = ["tenancy"]
INTROSPECTION = "{ __schema { types { name fields(includeDeprecated: true) { name } } } }"


@pytest_asyncio.fixture(loop_scope="session")
async def without(facet: Facet) -> TestPlatform:
    """A platform with merchants and stores only."""
    return await TestPlatform.create(facet, modules=OFF)


@pytest.mark.parametrize(
    "text",
    [
        "{ subscriptions { totalCount } }",
        "{ tiers { totalCount } }",
        "{ mrrMovements { totalCount } }",
        "{ merchants { nodes { subscriptions { totalCount } } } }",
        "{ merchants { nodes { activeSubscription { id } } } }",
        "{ platformMetrics { billing { mrr { value } } } }",
        'mutation { pauseSubscription(id: "x") { __typename } }',
    ],
)
async def test_answers_as_to_a_field_that_never_was(without: TestPlatform, text: str) -> None:
    result = await without.execute(text)

    assert result.data is None
    assert len(result.errors) >= 1
    assert "Cannot query field" in result.errors[0]["message"]


async def test_shows_nothing_of_billing(without: TestPlatform) -> None:
    result = await without.execute(INTROSPECTION)

    assert result.data is not None
    words = {
        name
        for kind in result.data["__schema"]["types"]
        for name in (kind["name"], *(field["name"] for field in kind["fields"] or []))
    }
    traces = ("billing", "mrr", "subscription", "tier", "money")
    ours = {word for word in words if any(trace in word.lower() for trace in traces)}
    assert ours <= {"subscriptionType"}


async def test_serves_everything_else(without: TestPlatform) -> None:
    async with without.context() as ctx:
        await make_merchant(ctx, name="Ada")

    result = await without.execute(
        "{ merchants { nodes { name } } platformMetrics { values { key } } viewer { permissions } }"
    )

    assert result.errors == []
    assert result.data is not None
    assert result.data["merchants"]["nodes"] == [{"name": "Ada"}]
    keys = [value["key"] for value in result.data["platformMetrics"]["values"]]
    assert keys
    assert not [key for key in keys if key.startswith("billing.")]


async def test_brings_everything_back_when_switched_on(platform: TestPlatform) -> None:
    await a_subscription(platform)
    off = 'mutation { disableModule(code: "billing") { __typename } }'
    on = 'mutation { enableModule(code: "billing") { __typename } }'

    assert (await platform.execute(off)).errors == []
    hidden = await platform.execute("{ subscriptions { totalCount } }")
    assert (await platform.execute(on)).errors == []
    shown = await platform.execute("{ subscriptions { totalCount } }")

    assert hidden.data is None
    assert shown.data == {"subscriptions": {"totalCount": 1}}


async def test_takes_its_menu_its_permissions_and_its_features_along(platform: TestPlatform) -> None:
    question = """{ menu(frontend: ADMIN) { code } featureCatalog { code } permissionCatalog { code }
                    metricCatalog { key } modules { code isEnabled } }"""
    before = (await platform.execute(question)).data

    await platform.execute('mutation { disableModule(code: "billing") { __typename } }')

    after = (await platform.execute(question)).data
    billing = platform.facet.registry["billing"]
    assert gone(before, after, "menu") == {item.code for item in billing.menu}
    assert gone(before, after, "featureCatalog") == {feature.code for feature in billing.features}
    assert gone(before, after, "permissionCatalog") == {permission.code for permission in billing.permissions}
    assert gone(before, after, "metricCatalog", "key") == {metric.key for metric in billing.metrics}
    assert {m["code"]: m["isEnabled"] for m in after["modules"]} == {
        "tenancy": True,
        "customers": True,
        "billing": False,
    }


def gone(before: Any, after: Any, field: str, key: str = "code") -> set[str]:
    """What was there before and is not any more; nothing has come."""
    was, is_now = ({item[key] for item in answer[field]} for answer in (before, after))
    assert is_now < was
    return was - is_now
