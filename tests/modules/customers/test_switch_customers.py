"""Switch the module off: nothing of it can be seen, and its rows are kept."""

from __future__ import annotations

import pytest

from modules.customers.testing import make_customer, make_customers
from modules.tenancy.testing import make_store
from server.graphql.ids import global_id
from server.testing import TestPlatform
from tests.modules.customers.asking import street

PLAN = """
    mutation { disableModule(code: "customers", dryRun: true) {
      ... on DisableModulePayload { plan { disable rowsKept { table rows } } }
    } }
"""


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("{ customers { totalCount } }", "'customers' on type 'Query'"),
        ("{ stores { nodes { customers { totalCount } } } }", "'customers' on type 'Store'"),
        ("{ merchants { nodes { customers { totalCount } } } }", "'customers' on type 'Merchant'"),
        (
            "{ platformMetrics { customers { totalCustomers { value } } } }",
            "'customers' on type 'PlatformMetrics'",
        ),
        ('mutation { archiveCustomer(id: "x") { __typename } }', "'archiveCustomer' on type 'Mutation'"),
    ],
)
async def test_hides_its_fields(platform: TestPlatform, query: str, what: str) -> None:
    without = await TestPlatform.create(platform.facet, modules=["tenancy"])

    result = await without.execute(query)

    assert result.data is None
    (message,) = [error["message"] for error in result.errors]
    assert message.startswith(f"Cannot query field {what}.")
    assert "ustomer" not in message.removeprefix(f"Cannot query field {what}.")


async def test_finds_no_node_of_its_types(platform: TestPlatform) -> None:
    without = await TestPlatform.create(platform.facet, modules=["tenancy"])
    async with without.context() as ctx:
        row = await make_customer(ctx, (await street(ctx)).corner)

    result = await without.execute(
        "query ($id: ID!) { node(id: $id) { id } }", {"id": global_id("Customer", row.id)}
    )

    assert result.data is None or result.data["node"] is None


async def test_counts_beforehand_the_rows_that_stay(
    platform: TestPlatform, other_platform: TestPlatform
) -> None:
    for on, number in ((platform, 3), (other_platform, 5)):
        async with on.context() as ctx:
            await make_customers(ctx, (await make_store(ctx)).id, number, since=ctx.clock.now())

    result = await platform.execute(PLAN)

    assert result.data["disableModule"]["plan"] == {
        "disable": ["customers"],
        "rowsKept": [{"table": "customers_customer", "rows": 3}],
    }
