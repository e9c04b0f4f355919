"""Read metrics through the schema."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import event

from server.contracts.permissions import MERCHANT_MEMBER, STORE_STAFF
from server.graphql.ids import global_id
from server.testing.statements import count_statements
from tests.server.metrics.mall import MODULES, Mall, MallPlatform
from tests.server.metrics.shops import add_merchants, sell

READ = """
query ($id: ID!, $context: MetricsContextInput) {
  merchantMetrics(merchantId: $id, context: $context) {
    shops { sales { value previousValue trend trendValue } }
  }
}
"""


@contextmanager
def windows_asked(shop: MallPlatform) -> Iterator[list[int]]:
    """The number of windows that sources are asked about meanwhile."""
    sent: list[int] = []

    def note(_conn: Any, _cursor: Any, _statement: str, parameters: Any, *_rest: Any) -> None:
        instants = {value for value in parameters if isinstance(value, datetime)}
        if instants:
            sent.append(len(instants) // 2)

    event.listen(shop.database.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(shop.database.engine.sync_engine, "before_cursor_execute", note)


def merchant(id: int) -> str:
    return global_id("Merchant", id)


async def one_merchant(shop: MallPlatform, *sales: tuple[str, int]) -> int:
    async with shop.context() as ctx:
        [id_] = await add_merchants(ctx, shop.first_id, 1)
        for at, minor in sales:
            await sell(ctx, id_, at, minor)
    return id_


async def test_a_value_says_everything_about_itself(shop: MallPlatform) -> None:
    id_ = await one_merchant(shop, ("2024-06-15T09:00Z", 1_999), ("2024-06-15T10:00Z", 2_000))

    data, errors = await shop.ask(
        """query ($id: ID!) { merchantMetrics(merchantId: $id) { merchantId shops {
          revenue { key label category icon description unit currency value formatted polarity partial asOf
                    amounts { currency value formatted } }
          averageSale { value currency unit } salesPerStore { value formatted unit } } } }""",
        id=merchant(id_),
    )

    assert errors == []
    assert data["merchantMetrics"] == {
        "merchantId": merchant(id_),
        "shops": {
            "revenue": {
                "key": "shops.revenue",
                "label": "Revenue",
                "category": "sales",
                "icon": "hash",
                "description": "How many revenue.",
                "unit": "MONEY",
                "currency": "EUR",
                "value": "39.99",
                "formatted": "€39.99",
                "polarity": "UP",
                "partial": True,
                "asOf": "2024-06-15T12:00:00+00:00",
                "amounts": [{"currency": "EUR", "value": "39.99", "formatted": "€39.99"}],
            },
            "averageSale": {"value": "20.00", "currency": "EUR", "unit": "MONEY"},
            "salesPerStore": {"value": 2.0, "formatted": "2", "unit": "COUNT"},
        },
    }


@pytest.mark.parametrize(
    ("period", "now", "before", "change", "direction"),
    [
        # One sale now; before it one, two, one and five sales in the windows that lie before.
        ("LAST_7_DAYS", 1, 1, 0.0, "STABLE"),
        ("LAST_30_DAYS", 3, 2, 50.0, "UP"),
        ("LAST_90_DAYS", 5, 1, 400.0, "UP"),
        ("LAST_YEAR", 6, 8, -25.0, "DOWN"),
    ],
)
async def test_trends_compare_with_the_period_before(
    shop: MallPlatform, period: str, now: int, before: int, change: float, direction: str
) -> None:
    id_ = await one_merchant(
        shop,
        ("2024-06-09T00:00Z", 1),  # the first instant of 7 days
        ("2024-06-08T12:00Z", 1),  # too late in the day to be compared with
        ("2024-06-02T00:00Z", 1),  # the first instant of the 7 days before
        ("2024-05-16T11:59Z", 1),  # the 30 days before
        ("2024-04-17T00:00Z", 1),
        ("2024-03-17T11:59Z", 1),  # the 90 days before
        *[("2023-06-16T11:59Z", 1)] * 4,  # the 365 days before
        *[("2022-06-17T00:00Z", 1)] * 4,
        *[("2022-06-16T23:59Z", 1)] * 9,  # longer ago than anything
    )

    data, _ = await shop.ask(READ, id=merchant(id_), context={"period": period})

    assert data["merchantMetrics"]["shops"]["sales"] == {
        "value": now,
        "previousValue": before,
        "trendValue": change,
        "trend": direction,
    }


async def test_trends_compare_with_the_year_before_when_asked(shop: MallPlatform) -> None:
    id_ = await one_merchant(
        shop, ("2024-06-10T00:00Z", 1), ("2023-06-10T00:00Z", 1), ("2023-06-12T00:00Z", 1)
    )
    context = {"dateFrom": "2024-06-10", "dateTo": "2024-06-11", "compare": "PREVIOUS_YEAR"}

    data, _ = await shop.ask(READ, id=merchant(id_), context=context)

    assert data["merchantMetrics"]["shops"]["sales"] == {
        "value": 1,
        "previousValue": 1,
        "trendValue": 0.0,
        "trend": "STABLE",
    }


async def test_a_day_follows_the_platform_s_clock(mall: Mall) -> None:
    shop = mall.platform("Europe/Paris")
    id_ = await one_merchant(
        shop, ("2024-03-30T22:59Z", 1), ("2024-03-30T23:00Z", 1), ("2024-03-31T21:59Z", 1)
    )

    data, _ = await shop.ask(
        READ, id=merchant(id_), context={"dateFrom": "2024-03-31", "dateTo": "2024-03-31"}
    )

    assert data["merchantMetrics"]["shops"]["sales"]["value"] == 2
    assert data["merchantMetrics"]["shops"]["sales"]["previousValue"] == 1


async def test_numbers_of_a_state_are_as_of_the_end(shop: MallPlatform) -> None:
    id_ = await one_merchant(shop)

    data, _ = await shop.ask(
        """query ($id: ID!) {
          merchantMetrics(merchantId: $id, context: {dateFrom: "2019-12-30", dateTo: "2019-12-31"}) {
          shops { stores { value asOf partial } } }
          later: merchantMetrics(merchantId: $id, context: {dateFrom: "2019-12-30", dateTo: "2020-01-01"}) {
          shops { stores { value asOf partial trend } } } }""",
        id=merchant(id_),
    )

    assert data["merchantMetrics"]["shops"]["stores"] == {
        "value": 0, "asOf": "2020-01-01T00:00:00+00:00", "partial": False,
    }  # fmt: skip
    assert data["later"]["shops"]["stores"] == {
        "value": 1, "asOf": "2020-01-02T00:00:00+00:00", "partial": False, "trend": None,
    }  # fmt: skip


async def test_trends_are_computed_only_when_somebody_reads_them(shop: MallPlatform) -> None:
    id_ = await one_merchant(shop, ("2024-06-15T09:00Z", 1))
    head = "query ($id: ID!%s) { merchantMetrics(merchantId: $id%s) { shops { sales { %s } } } } "
    fragment = "fragment F on MetricValue { ... { direction: trend } } "

    async def buckets(selection: str, more: str = "", context: str = "") -> int:
        """How many windows the source was asked about."""
        variable = ", $yes: Boolean = true" if "$yes" in selection else ""
        text = head % (variable, context, selection) + more
        with count_statements(shop) as statements, windows_asked(shop) as sent:
            _, errors = await shop.ask(text, id=merchant(id_))
        assert errors == []
        assert len(statements) == 2  # the merchant, the source
        return sent[-1]

    assert await buckets("value formatted") == 1
    assert await buckets("value trend") == 2
    assert await buckets("before: previousValue") == 2
    assert await buckets("value ...F", fragment) == 2
    assert await buckets("value ...F @skip(if: $yes)", fragment) == 1
    assert await buckets("value ...F @include(if: $yes)", fragment) == 2
    assert await buckets("value trend", context=", context: {includeTrends: false}") == 1


async def test_without_trends_they_are_null(shop: MallPlatform) -> None:
    id_ = await one_merchant(shop, ("2024-06-15T09:00Z", 1), ("2024-05-01T09:00Z", 1))

    data, _ = await shop.ask(READ, id=merchant(id_), context={"includeTrends": False})

    assert data["merchantMetrics"]["shops"]["sales"] == {
        "value": 1, "previousValue": None, "trendValue": None, "trend": None,
    }  # fmt: skip


@pytest.mark.parametrize("merchants", [1, 100])
async def test_a_list_costs_one_statement_for_all_sources(shop: MallPlatform, merchants: int) -> None:
    async with shop.context() as ctx:
        ids = await add_merchants(ctx, shop.first_id, merchants)
        for id_ in ids:
            await sell(ctx, id_, "2024-06-15T09:00Z", 100)

    with count_statements(shop) as statements:
        data, errors = await shop.ask(
            """{ merchants { metrics { values { key value trend }
              shops { sales { value trend } revenue { value } averageSale { value } buyers { value } stores { value } }
              tills { tills { value } revenuePerTill { value } } } } }"""
        )

    assert errors == []
    assert len(data["merchants"]) == merchants
    assert data["merchants"][-1]["metrics"]["shops"]["revenue"] == {"value": "1.00"}
    assert data["merchants"][-1]["metrics"]["tills"]["revenuePerTill"] == {"value": "0.33"}
    assert len(statements) == 2  # the merchants, and four sources


async def test_many_fields_of_many_kinds_share_statements(shop: MallPlatform) -> None:
    id_ = await one_merchant(shop, ("2024-06-15T09:00Z", 100))

    with count_statements(shop) as statements:
        data, errors = await shop.ask(
            """query ($id: ID!, $store: ID!) {
              a: merchantMetrics(merchantId: $id) { shops { sales { value } } }
              b: merchantMetrics(merchantId: $id) { shops { revenue { value } } }
              c: storeMetrics(storeId: $store) { storeId shops { sales { value } revenue { value } } }
              d: platformMetrics { platformId shops { sales { value } stores { value } } } }""",
            id=merchant(id_),
            store=global_id("Store", id_),
        )

    assert errors == []
    assert data == {
        "a": {"shops": {"sales": {"value": 1}}},
        "b": {"shops": {"revenue": {"value": "1.00"}}},
        "c": {
            "storeId": global_id("Store", id_),
            "shops": {"sales": {"value": 1}, "revenue": {"value": "1.00"}},
        },
        "d": {
            "platformId": global_id("Platform", shop.record.id),
            "shops": {"sales": {"value": 1}, "stores": {"value": 1}},
        },
    }
    # Two look-ups; the numbers of the platform, which wait for neither, of merchants, and of stores.
    assert len(statements) == 5


async def test_values_lists_every_metric_or_those_of_some_categories(shop: MallPlatform) -> None:
    id_ = await one_merchant(shop, ("2024-06-15T09:00Z", 100))

    data, errors = await shop.ask(
        """query ($id: ID!) { merchantMetrics(merchantId: $id) {
          values { key value } some: values(categories: ["sales"]) { key } none: values(categories: []) { key } } }""",
        id=merchant(id_),
    )

    assert errors == []
    assert data["merchantMetrics"] == {
        "values": [
            {"key": "shops.sales", "value": 1},
            {"key": "shops.revenue", "value": "1.00"},
            {"key": "shops.buyers", "value": 1},
            {"key": "shops.stores", "value": 1},
            {"key": "shops.average_sale", "value": "1.00"},
            {"key": "shops.sales_per_store", "value": 1.0},
            {"key": "tills.tills", "value": 3},
            {"key": "tills.revenue_per_till", "value": "0.33"},
        ],
        "some": [{"key": "shops.sales"}, {"key": "shops.revenue"}, {"key": "shops.average_sale"}],
        "none": [],
    }


async def test_money_in_two_currencies_has_amounts_and_no_value(shop: MallPlatform) -> None:
    id_ = await one_merchant(shop, ("2024-06-15T09:00Z", 100))
    async with shop.context() as ctx:
        await sell(ctx, id_, "2024-06-15T09:00Z", 500, "JPY")

    data, _ = await shop.ask(
        """query ($id: ID!) { merchantMetrics(merchantId: $id) { shops {
          revenue { value currency formatted trend amounts { currency value } } } } }""",
        id=merchant(id_),
    )

    assert data["merchantMetrics"]["shops"]["revenue"] == {
        "value": None,
        "currency": None,
        "formatted": "€1.00, ¥500",
        "trend": None,
        "amounts": [{"currency": "EUR", "value": "1.00"}, {"currency": "JPY", "value": "500"}],
    }


async def test_nothing_to_divide_by_is_null(shop: MallPlatform) -> None:
    id_ = await one_merchant(shop)

    data, errors = await shop.ask(
        "query ($id: ID!) { merchantMetrics(merchantId: $id) { shops {"
        " averageSale { value formatted currency amounts { value } } revenue { value } } } }",
        id=merchant(id_),
    )

    assert errors == []
    assert data["merchantMetrics"]["shops"] == {
        "averageSale": {"value": None, "formatted": None, "currency": None, "amounts": []},
        "revenue": {"value": "0.00"},
    }


async def test_a_failing_metric_is_null_with_an_error_and_the_others_stand(shop: MallPlatform) -> None:
    shop.modules = MODULES | {"faulty"}
    id_ = await one_merchant(shop, ("2024-06-15T09:00Z", 100))

    data, errors = await shop.ask(
        """query ($id: ID!) { merchantMetrics(merchantId: $id) {
          faulty { nothing { value } lacking { value } } shops { sales { value } }
          values { key } } }""",
        id=merchant(id_),
    )

    assert data["merchantMetrics"]["faulty"] == {"nothing": None, "lacking": None}
    assert data["merchantMetrics"]["shops"] == {"sales": {"value": 1}}
    failed = [place for place, value in enumerate(data["merchantMetrics"]["values"]) if value is None]
    assert len(failed) == 3
    assert sorted(errors) == [
        ("merchantMetrics.faulty.lacking", "METRIC_UNAVAILABLE"),
        ("merchantMetrics.faulty.nothing", "METRIC_UNAVAILABLE"),
        *[(f"merchantMetrics.values.{place}", "METRIC_UNAVAILABLE") for place in failed],
    ]


async def test_numbers_of_a_module_come_and_go_with_it(shop: MallPlatform) -> None:
    id_ = await one_merchant(shop)
    text = "query ($id: ID!) { merchantMetrics(merchantId: $id) { tills { tills { value } } } }"
    everything = "{ platformMetrics { values { key } } metricCatalog { key } }"

    shop.modules = frozenset({"shops"})
    _, errors = await shop.ask(text, id=merchant(id_))
    data, _ = await shop.ask(everything)

    assert errors == ["Cannot query field 'tills' on type 'MerchantMetrics'."]
    keys = [value["key"] for value in data["platformMetrics"]["values"]]
    assert keys == [value["key"] for value in data["metricCatalog"]]
    assert {key.partition(".")[0] for key in keys} == {"shops"}


async def test_numbers_of_an_internal_module_are_for_administrators(shop: MallPlatform) -> None:
    shop.modules = MODULES | {"vault"}
    id_ = await one_merchant(shop)
    member = shop.caller(MERCHANT_MEMBER, (id_,))
    text = "query ($id: ID!) { merchantMetrics(merchantId: $id) { vault { keys { value } } } }"
    listed = "query ($id: ID!) { merchantMetrics(merchantId: $id) { values { key } } metricCatalog { key } }"

    assert await shop.ask(text, id=merchant(id_)) == (
        {"merchantMetrics": {"vault": {"keys": {"value": 5}}}},
        [],
    )
    [refused] = (await shop.ask(text, member, id=merchant(id_)))[1]
    assert refused.startswith("Cannot query field 'vault' on type 'MerchantMetrics'.")
    data, _ = await shop.ask(listed, member, id=merchant(id_))
    assert "vault.keys" not in str(data)


async def test_the_catalogue_says_how_each_number_is_made(shop: MallPlatform) -> None:
    data, errors = await shop.ask(
        "{ metricCatalog { key module label description unit polarity category icon scopes fold formula nullWhen"
        " additiveOverScopes } }"
    )

    assert errors == []
    found = {entry["key"]: entry for entry in data["metricCatalog"]}
    assert found["shops.sales"]["formula"] == "Sales by the instant they were paid."
    assert found["shops.buyers"]["additiveOverScopes"] is False
    assert found["tills.revenue_per_till"] == {
        "key": "tills.revenue_per_till",
        "module": "tills",
        "label": "Revenue per till",
        "description": "How many revenue per till.",
        "unit": "MONEY",
        "polarity": "NEUTRAL",
        "category": "general",
        "icon": "hash",
        "scopes": ["PLATFORM", "MERCHANT", "STORE"],
        "fold": "RATIO",
        "formula": "shops.revenue / tills.tills",
        "nullWhen": "there is no till",
        "additiveOverScopes": True,
    }
    assert found["shops.sales_per_store"]["scopes"] == ["PLATFORM", "MERCHANT"]


@pytest.mark.parametrize(
    ("context", "code"),
    [
        ({"dateFrom": "2024-06-02", "dateTo": "2024-06-01"}, "BAD_USER_INPUT"),
        ({"dateFrom": "2024-06-01", "period": "LAST_7_DAYS"}, "BAD_USER_INPUT"),
        ({"dateFrom": "2010-01-01"}, "BAD_USER_INPUT"),
    ],
)
async def test_refuses_a_stretch_that_makes_no_sense(
    shop: MallPlatform, context: dict[str, str], code: str
) -> None:
    id_ = await one_merchant(shop)

    assert await shop.ask(READ, id=merchant(id_), context=context) == (
        {"merchantMetrics": None},
        [("merchantMetrics", code)],
    )


async def test_merchants_and_stores_out_of_reach_are_not_found(mall: Mall, shop: MallPlatform) -> None:
    async with shop.context() as ctx:
        own, foreign = await add_merchants(ctx, shop.first_id, 2)
    member = shop.caller(MERCHANT_MEMBER, (own,))
    text = """query ($id: ID!, $store: ID!) { merchantMetrics(merchantId: $id) { merchantId }
      storeMetrics(storeId: $store) { storeId } }"""
    missing = [("merchantMetrics", "NOT_FOUND"), ("storeMetrics", "NOT_FOUND")]

    _, errors = await shop.ask(text, member, id=merchant(own), store=global_id("Store", own))
    assert errors == []
    _, errors = await shop.ask(text, member, id=merchant(foreign), store=global_id("Store", foreign))
    assert sorted(errors) == missing
    _, errors = await mall.platform().ask(text, id=merchant(own), store=global_id("Store", own))
    assert sorted(errors) == missing
    _, errors = await shop.ask(text, member, id=global_id("Store", own), store=merchant(own))
    assert sorted(errors) == [("merchantMetrics", "BAD_USER_INPUT"), ("storeMetrics", "BAD_USER_INPUT")]


async def test_staff_of_a_store_read_their_store_and_not_its_merchant(shop: MallPlatform) -> None:
    id_ = await one_merchant(shop, ("2024-06-15T09:00Z", 100))
    staff = shop.caller(STORE_STAFF, (), (id_,))

    data, errors = await shop.ask(
        """query ($store: ID!) { storeMetrics(storeId: $store) { shops { sales { value } } }
          merchants { metrics { merchantId } } platformMetrics { platformId } platform { metrics { platformId } } }""",
        staff,
        store=global_id("Store", id_),
    )

    assert data == {
        "storeMetrics": {"shops": {"sales": {"value": 1}}},
        "merchants": [{"metrics": None}],
        "platformMetrics": None,
        "platform": {"metrics": None},
    }
    assert sorted(errors) == [
        ("merchants.0.metrics", "FORBIDDEN"),
        ("platform.metrics", "FORBIDDEN"),
        ("platformMetrics", "FORBIDDEN"),
    ]


async def test_a_platform_has_metrics_on_itself_only(shop: MallPlatform) -> None:
    data, errors = await shop.ask(
        """{ platform { metrics { shops { sales { value } } } }
          other: platform(other: true) { metrics { platformId } } }"""
    )

    assert data == {"platform": {"metrics": {"shops": {"sales": {"value": 0}}}}, "other": {"metrics": None}}
    assert errors == [("other.metrics", "PLATFORM_REQUIRED")]


@pytest.mark.parametrize(
    ("selection", "answer"),
    [
        ("ranked", {"ranked": 3}),
        ("rank { place }", {"rank": {"place": 1}}),
        ("rank { __typename }", {"rank": {"__typename": "Rank"}}),
    ],
)
async def test_modules_add_fields_beside_numbers(
    shop: MallPlatform, selection: str, answer: dict[str, Any]
) -> None:
    id_ = await one_merchant(shop, ("2024-06-15T09:00Z", 100))

    data, errors = await shop.ask(
        f"query ($id: ID!) {{ merchantMetrics(merchantId: $id) {{ shops {{ sales {{ value }} }} {selection} }} }}",
        id=merchant(id_),
    )

    assert errors == []
    assert data == {"merchantMetrics": {"shops": {"sales": {"value": 1}}, **answer}}
