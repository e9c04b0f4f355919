"""Values as clients receive them: money as exact decimal strings, and a text for people in their language."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision

from server.contracts.metrics import Fold, Metric, Unit
from server.metrics.measure import NO_CURRENCY, Measured

FALLBACK = "en"


def major(amount_minor: int, currency: str) -> Decimal:
    """An amount in units of its currency: 1234 cents are 12.34, 1234 yen are 1234."""
    return Decimal(amount_minor).scaleb(-get_currency_precision(currency))


def scalar(value: Measured) -> int | float | str | None:
    """A whole number, a fraction or a decimal string of money; None for no value or several currencies."""
    comparable = value.comparable
    if comparable is None:
        return None
    currency, number = comparable
    if currency == NO_CURRENCY:
        return number
    return format(major(int(number), currency), "f")


def currency_of(value: Measured) -> str | None:
    """The only currency of an amount of money."""
    comparable = value.comparable
    return comparable[0] or None if comparable else None


def formatted_amount(amount_minor: int, currency: str, locale: str) -> str:
    """`€12.34`, `12,34 €`."""
    return format_currency(major(amount_minor, currency), currency, locale=_locale(locale))


def formatted(metric: Metric, value: Measured, locale: str) -> str | None:
    """The value as people write it in `locale`; several amounts are listed. None when there is no value."""
    if value.amounts is not None:
        return ", ".join(formatted_amount(amount, code, locale) for code, amount in value.amounts.items())
    if value.number is None:
        return None
    if metric.unit is Unit.RATIO:
        return format_percent(round(value.number, 3), locale=_locale(locale), decimal_quantization=False)
    if metric.fold is Fold.RATIO:
        return format_decimal(round(value.number, 2), locale=_locale(locale))
    return format_decimal(value.number, locale=_locale(locale))


@lru_cache(maxsize=64)
def _locale(name: str) -> Locale:
    """The locale, or the nearest one Babel knows."""
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        language = name.replace("-", "_").partition("_")[0]
        return Locale.parse(FALLBACK) if language == name else _locale(language)
