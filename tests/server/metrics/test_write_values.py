"""Write values for programs and for people."""

import pytest

from server.contracts.metrics import Fold, Metric, Unit
from server.metrics.format import currency_of, formatted, scalar
from server.metrics.measure import Measured


def metric(unit: Unit, fold: Fold = Fold.SUM) -> Metric:
    return Metric(key="shops.any", label="Any", description="Any.", unit=unit, fold=fold)


def money(**amounts: int) -> Measured:
    return Measured(amounts=amounts)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Measured(number=7), 7),
        (Measured(number=0.25), 0.25),
        (Measured(), None),
        (money(EUR=123_456), "1234.56"),
        (money(EUR=-5), "-0.05"),
        (money(EUR=0), "0.00"),
        (money(JPY=1_234), "1234"),
        (money(KWD=1_234), "1.234"),
        (money(EUR=9_007_199_254_740_993), "90071992547409.93"),
        (money(EUR=1, USD=1), None),
    ],
)
def test_numbers_are_exact(value: Measured, expected: object) -> None:
    found = scalar(value)

    assert found == expected
    assert type(found) is type(expected)


def test_currency_is_named_when_there_is_one() -> None:
    assert currency_of(money(EUR=1)) == "EUR"
    assert currency_of(money(EUR=1, USD=1)) is None
    assert currency_of(Measured(number=1)) is None


@pytest.mark.parametrize(
    ("unit", "fold", "value", "locale", "expected"),
    [
        (Unit.COUNT, Fold.SUM, Measured(number=1_234), "en", "1,234"),
        (Unit.COUNT, Fold.SUM, Measured(number=1_234), "de", "1.234"),
        (Unit.MONEY, Fold.SUM, money(EUR=123_456), "en", "€1,234.56"),
        (Unit.MONEY, Fold.SUM, money(EUR=1_234), "fr-FR", "12,34\N{NO-BREAK SPACE}€"),
        (Unit.MONEY, Fold.SUM, money(JPY=1_234), "en-US", "¥1,234"),
        (Unit.MONEY, Fold.SUM, money(EUR=100, USD=250), "en", "€1.00, $2.50"),
        (Unit.RATIO, Fold.RATIO, Measured(number=0.12345), "en", "12.3%"),
        (Unit.RATIO, Fold.RATIO, Measured(number=1 / 3), "fr", "33,3\N{NO-BREAK SPACE}%"),
        (Unit.RATIO, Fold.RATIO, Measured(number=0.5), "en", "50%"),
        (Unit.COUNT, Fold.RATIO, Measured(number=8 / 3), "en", "2.67"),
        (Unit.RATIO, Fold.RATIO, Measured(), "en", None),
        (Unit.COUNT, Fold.SUM, Measured(number=1_234), "xx-nowhere", "1,234"),
    ],
)
def test_texts_are_in_the_caller_s_language(
    unit: Unit, fold: Fold, value: Measured, locale: str, expected: str | None
) -> None:
    assert formatted(metric(unit, fold), value, locale) == expected
