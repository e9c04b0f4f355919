"""Measure values: ratios, currencies, trends."""

import json
from pathlib import Path
from typing import Any

import pytest

from server.contracts.metrics import Fold, Metric, Unit
from server.metrics.measure import Measured, Trend, change, measured, trend

CASES = json.loads(Path(__file__).with_name("cases.json").read_text())


def metric(unit: Unit, fold: Fold = Fold.SUM) -> Metric:
    return Metric(key="shops.any", label="Any", description="Any.", unit=unit, fold=fold)


COUNT, MONEY = metric(Unit.COUNT), metric(Unit.MONEY)
SHARE, PER_THING = metric(Unit.RATIO, Fold.RATIO), metric(Unit.MONEY, Fold.RATIO)


def ratio(above: dict[str, int], below: dict[str, int], *parts: Metric) -> float | None:
    return measured(SHARE, parts or (COUNT, COUNT), (above, below), "EUR").number


def per_thing(above: dict[str, int], below: dict[str, int]) -> Any:
    return measured(PER_THING, (MONEY, COUNT), (above, below), "EUR").amounts


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_agrees_with_published_examples(case: dict[str, Any]) -> None:
    above, below = {"EUR": sum(case["num"])}, {"": sum(case["den"])}

    if case.get("unit") == "MONEY":
        assert per_thing(above, below) == {"EUR": case["expected"]}
    else:
        assert ratio(above, below) == pytest.approx(case["expected"], abs=case.get("tolerance", 1e-12))


def test_no_rows_are_nothing() -> None:
    assert measured(COUNT, (COUNT,), ({},), "EUR") == Measured(number=0)
    assert measured(MONEY, (MONEY,), ({},), "CHF") == Measured(amounts={"CHF": 0})


def test_counts_are_added_over_currencies() -> None:
    assert measured(COUNT, (COUNT,), ({"EUR": 2, "USD": 3},), "EUR").number == 5


def test_money_of_two_currencies_is_never_added() -> None:
    found = measured(MONEY, (MONEY,), ({"USD": 300, "EUR": 200},), "EUR")

    assert found.amounts == {"EUR": 200, "USD": 300}
    assert found.comparable is None


def test_a_currency_with_nothing_in_it_is_left_out() -> None:
    assert measured(MONEY, (MONEY,), ({"EUR": 0, "USD": 300},), "EUR").amounts == {"USD": 300}
    assert measured(MONEY, (MONEY,), ({"GBP": 0, "USD": 0},), "EUR").amounts == {"EUR": 0}


def test_a_share_of_nothing_is_null_and_none_of_something_is_zero() -> None:
    assert ratio({"": 3}, {}) is None
    assert ratio({"": 3}, {"": 0}) is None
    assert ratio({}, {"": 3}) == 0


def test_a_share_of_money_needs_one_currency() -> None:
    assert ratio({"EUR": 50}, {"EUR": 200}, MONEY, MONEY) == 0.25
    assert ratio({"EUR": 50}, {"EUR": 100, "USD": 100}, MONEY, MONEY) is None
    assert ratio({"EUR": 50}, {"EUR": 100, "USD": 100}) == 0.25


def test_an_amount_per_thing_is_rounded_half_up() -> None:
    assert per_thing({"EUR": 5}, {"": 2}) == {"EUR": 3}
    assert per_thing({"EUR": -5}, {"": 2}) == {"EUR": -3}
    assert per_thing({"EUR": 100}, {"": 3}) == {"EUR": 33}


def test_an_amount_per_thing_is_computed_for_each_currency() -> None:
    assert per_thing({"EUR": 100, "USD": 90}, {"EUR": 4, "USD": 3}) == {"EUR": 25, "USD": 30}
    assert per_thing({"EUR": 100, "USD": 90}, {"": 10}) == {"EUR": 10, "USD": 9}
    assert per_thing({"EUR": 100, "USD": 90}, {"USD": 3}) == {"USD": 30}


def test_an_amount_per_thing_is_null_without_things() -> None:
    assert per_thing({"EUR": 100}, {}) is None
    assert per_thing({}, {"": 4}) == {"EUR": 0}


@pytest.mark.parametrize(
    ("now", "before", "percent", "direction"),
    [
        (15, 10, 50.0, Trend.UP),
        (5, 10, -50.0, Trend.DOWN),
        (0, 10, -100.0, Trend.DOWN),
        (10, 10, 0.0, Trend.STABLE),
        (10_049, 10_000, 0.49, Trend.STABLE),
        (10_050, 10_000, 0.5, Trend.UP),
        (9_950, 10_000, -0.5, Trend.DOWN),
        (5, -10, 150.0, Trend.UP),
        (10, 0, None, None),
        (0, 0, None, None),
        (None, 10, None, None),
        (10, None, None, None),
    ],
)
def test_a_trend_is_the_change_against_what_was(
    now: int | None, before: int | None, percent: float | None, direction: Trend | None
) -> None:
    found = change(Measured(number=now), Measured(number=before))

    assert found == percent
    assert trend(found) is direction


def test_a_trend_compares_money_of_one_currency_only() -> None:
    euros, dollars = Measured(amounts={"EUR": 150}), Measured(amounts={"USD": 100})

    assert change(euros, Measured(amounts={"EUR": 100})) == 50
    assert change(euros, dollars) is None
    assert change(Measured(amounts={"EUR": 100, "USD": 100}), dollars) is None
    assert change(Measured(amounts={"EUR": 0}), dollars) == -100
