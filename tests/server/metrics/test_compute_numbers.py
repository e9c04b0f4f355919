"""Compute numbers for many scopes, metrics and windows at once."""

from datetime import datetime, timedelta

import pytest

from server.contracts.metrics import Fold, ScopeKind
from server.metrics.compute import compute
from server.metrics.errors import MetricUnavailable
from server.metrics.windows import Window
from server.testing.statements import count_statements
from tests.server.metrics.mall import Mall, MallPlatform
from tests.server.metrics.shops import SHOPS, add_merchants, sell


def day(number: int) -> Window:
    start = datetime.fromisoformat(f"2024-06-{number:02}T00:00Z")
    return Window(start, start + timedelta(days=1))


async def test_answers_for_each_scope_and_window(shop: MallPlatform) -> None:
    async with shop.context() as ctx:
        a, b = await add_merchants(ctx, shop.first_id, 2)
        await sell(ctx, a, "2024-06-01T00:00Z", 100, buyer=1)
        await sell(ctx, a, "2024-06-01T23:59:59.999999Z", 50, buyer=2)
        await sell(ctx, a, "2024-06-02T00:00Z", 25, buyer=1)
        await sell(ctx, b, "2024-06-02T12:00Z", 7, buyer=9)

        values = await compute(
            ctx, shop.mall.catalogue, SHOPS, ScopeKind.MERCHANT, [a, b], [day(1), day(2), day(3)]
        )

    by_key = {metric.key: metric for metric in SHOPS}
    table = {
        key: [[values.of(by_key[key], scope, day(n)).number for n in (1, 2, 3)] for scope in (a, b)]
        for key in ("shops.sales", "shops.buyers", "shops.stores", "shops.sales_per_store")
    }
    assert table == {
        "shops.sales": [[2, 1, 0], [0, 1, 0]],
        "shops.buyers": [[2, 1, 0], [0, 1, 0]],
        "shops.stores": [[1, 1, 1], [1, 1, 1]],
        "shops.sales_per_store": [[2.0, 1.0, 0.0], [0.0, 1.0, 0.0]],
    }
    assert values.of(by_key["shops.revenue"], a, day(1)).amounts == {"EUR": 150}
    assert values.of(by_key["shops.average_sale"], a, day(1)).amounts == {"EUR": 75}
    assert values.of(by_key["shops.average_sale"], a, day(3)).amounts is None


@pytest.mark.parametrize("scopes", [1, 40])
async def test_costs_one_statement_for_all_sources(shop: MallPlatform, scopes: int) -> None:
    async with shop.context() as ctx:
        ids = await add_merchants(ctx, shop.first_id, scopes)

        with count_statements(shop) as statements:
            windows = [day(number) for number in range(1, 29)]
            await compute(ctx, shop.mall.catalogue, SHOPS, ScopeKind.MERCHANT, ids, windows)

    assert len(statements) == 1


async def test_stores_add_up_to_the_platform_where_it_says_so(shop: MallPlatform) -> None:
    async with shop.context() as ctx:
        ids = await add_merchants(ctx, shop.first_id, 3)
        for number, id_ in enumerate(ids):
            await sell(ctx, id_, "2024-06-01T10:00Z", 100 + number, buyer=7)
        additive = [m for m in SHOPS if m.fold is not Fold.RATIO]
        arguments = ctx, shop.mall.catalogue, additive

        apart = await compute(*arguments, ScopeKind.MERCHANT, ids, [day(1)])
        whole = await compute(*arguments, ScopeKind.PLATFORM, [shop.record.id], [day(1)])

    for metric in additive:
        parts = [apart.of(metric, id_, day(1)) for id_ in ids]
        total = whole.of(metric, shop.record.id, day(1))
        numbers = [next(iter(v.amounts.values())) if v.amounts else v.number for v in (*parts, total)]
        assert (sum(numbers[:-1]) == numbers[-1]) is metric.additive_over_scopes, metric.key  # type: ignore[arg-type]


async def test_keeps_currencies_apart(shop: MallPlatform) -> None:
    async with shop.context() as ctx:
        [a] = await add_merchants(ctx, shop.first_id, 1)
        for currency, minor in (("EUR", 100), ("USD", 500), ("USD", 300)):
            await sell(ctx, a, "2024-06-01T10:00Z", minor, currency)

        values = await compute(ctx, shop.mall.catalogue, SHOPS, ScopeKind.MERCHANT, [a], [day(1)])

    by_key = {metric.key: values.of(metric, a, day(1)) for metric in SHOPS}
    assert by_key["shops.sales"].number == 3
    assert by_key["shops.revenue"].amounts == {"EUR": 100, "USD": 800}
    assert by_key["shops.average_sale"].amounts == {"EUR": 100, "USD": 400}


async def test_another_platform_sees_nothing(mall: Mall, shop: MallPlatform) -> None:
    async with shop.context() as ctx:
        [a] = await add_merchants(ctx, shop.first_id, 1)
        await sell(ctx, a, "2024-06-01T10:00Z", 100)

    async with mall.platform().context() as ctx:
        values = await compute(ctx, mall.catalogue, SHOPS, ScopeKind.MERCHANT, [a], [day(1)])
        whole = await compute(ctx, mall.catalogue, SHOPS, ScopeKind.PLATFORM, [shop.record.id], [day(1)])

    for metric in SHOPS:
        if metric.fold is not Fold.RATIO:
            empty = values.of(metric, a, day(1))
            assert empty == whole.of(metric, shop.record.id, day(1))
            assert empty.number == 0 or empty.amounts == {"EUR": 0}


@pytest.mark.parametrize("read_only", [True, False])
async def test_a_failing_source_leaves_the_others_and_the_transaction(
    shop: MallPlatform, read_only: bool
) -> None:
    async with shop.context() as ctx:
        [a] = await add_merchants(ctx, shop.first_id, 1)
        await sell(ctx, a, "2024-06-01T10:00Z", 100)

    async with shop.context(read_only=read_only) as ctx:
        if not read_only:
            await sell(ctx, a, "2024-06-01T11:00Z", 100)
        metrics = [m for m in shop.mall.catalogue.metrics.values() if m.module in ("faulty", "shops")]
        values = await compute(ctx, shop.mall.catalogue, metrics, ScopeKind.MERCHANT, [a], [day(1)])

    by_key = {metric.key: metric for metric in metrics}
    assert values.of(by_key["shops.sales"], a, day(1)).number == (1 if read_only else 2)
    for key in ("faulty.nothing", "faulty.lacking", "faulty.unbound"):
        with pytest.raises(MetricUnavailable):
            values.of(by_key[key], a, day(1))
    async with shop.context() as ctx:
        again = await compute(ctx, shop.mall.catalogue, SHOPS, ScopeKind.MERCHANT, [a], [day(1)])
    assert again.of(by_key["shops.sales"], a, day(1)).number == (1 if read_only else 2)
