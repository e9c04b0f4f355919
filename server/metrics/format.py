"""Values as clients receive them: money as exact decimal strings, and a text for people in their language."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision

from server.contracts.metrics import Fold, Metric, Unit
from server.metrics.measure import NO_CURRENCY, Measured
from server.metrics.pattern import Pattern

FALLBACK = "en"

_precision = lru_cache(maxsize=512)(get_currency_precision)


def major(amount_minor: int, currency: str) -> Decimal:
    """An amount in units of its currency: 1234 cents are 12.34, 1234 yen are 1234."""
    return Decimal(amount_minor).scaleb(-_precision(currency))


def decimal_text(amount_minor: int, currency: str) -> str:
    """The amount as an exact decimal: 5 cents are `0.05`."""
    return format(major(amount_minor, currency), "f")


def scalar(value: Measured) -> int | float | str | None:
    """A whole number, a fraction or a decimal string of money; None for no value or several currencies."""
    comparable = value.comparable
    if comparable is None:
        return None
    currency, number = comparable
    if currency == NO_CURRENCY:
        return number
    return decimal_text(int(number), currency)


def currency_of(value: Measured) -> str | None:
    """The only currency of an amount of money."""
    comparable = value.comparable
    return comparable[0] or None if comparable else None


def formatted_amount(amount_minor: int, currency: str, locale: str) -> str:
    """`€12.34`, `12,34 €`."""
    pattern = _amounts(currency, locale)
    if pattern is None or amount_minor < 0:
        return format_currency(major(amount_minor, currency), currency, locale=_locale(locale))
    return pattern.write(amount_minor)


def formatted_count(number: int, locale: str) -> str:
    """`1,234`, `1.234`."""
    pattern = _counts(locale)
    if pattern is None or number < 0:
        return str(format_decimal(number, locale=_locale(locale)))
    return pattern.write(number)


def formatted(metric: Metric, value: Measured, locale: str) -> str | None:
    """The value as people write it in `locale`; several amounts are listed. None when there is no value."""
    if value.amounts is not None:
        return ", ".join(formatted_amount(amount, code, locale) for code, amount in value.amounts.items())
    if value.number is None:
        return None
    if metric.unit is Unit.RATIO:
        return _percent(round(value.number, 3), locale)
    if metric.fold is Fold.RATIO:
        return _fraction(round(value.number, 2), locale)
    if isinstance(value.number, int):
        return formatted_count(value.number, locale)
    return _fraction(value.number, locale)


@lru_cache(maxsize=4_096)
def _percent(number: float, locale: str) -> str:
    return format_percent(number, locale=_locale(locale), decimal_quantization=False)


@lru_cache(maxsize=4_096)
def _fraction(number: float, locale: str) -> str:
    return str(format_decimal(number, locale=_locale(locale)))


@lru_cache(maxsize=64)
def _counts(locale: str) -> Pattern | None:
    """How whole numbers are written."""
    return Pattern.of(lambda number: format_decimal(number, locale=_locale(locale)))


@lru_cache(maxsize=512)
def _amounts(currency: str, locale: str) -> Pattern | None:
    """How amounts are written."""
    return Pattern.of(
        lambda amount: format_currency(major(amount, currency), currency, locale=_locale(locale)),
        decimals=_precision(currency),
    )


@lru_cache(maxsize=64)
def _locale(name: str) -> Locale:
    """The locale, or the nearest one Babel knows."""
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        language = name.replace("-", "_").partition("_")[0]
        return Locale.parse(FALLBACK) if language == name else _locale(language)
