"""Amounts as people write them, 12.34, and as they are stored, 1234 minor units."""

from __future__ import annotations

from decimal import Decimal

from babel.core import get_global
from babel.numbers import get_currency_precision

LARGEST_MINOR = 10**15


def is_currency(code: str) -> bool:
    """Whether `code` is one of ISO 4217."""
    return code in get_global("all_currencies")


def minor_digits() -> dict[str, int]:
    """How many digits follow the point, for the currencies that do not have two."""
    digits = {code: get_currency_precision(code) for code in get_global("all_currencies")}
    return {code: count for code, count in digits.items() if count != 2}


def to_major(amount_minor: int, currency: str) -> Decimal:
    """1234 cents are 12.34 euros; 1234 yen are 1234."""
    return Decimal(amount_minor).scaleb(-get_currency_precision(currency))


def to_minor(amount: Decimal, currency: str) -> int:
    """The amount in minor units; raises `ValueError`, saying what is wrong, unless it is one to the digit."""
    digits = get_currency_precision(currency)
    if not amount.is_finite() or amount < 0:
        raise ValueError("Must be a number, 0 or more.")
    if abs(amount) > LARGEST_MINOR:
        raise ValueError("Is too large.")
    minor = amount.scaleb(digits)
    if minor != minor.to_integral_value():
        raise ValueError(f"Has more than the {digits} decimals of {currency}.")
    if minor > LARGEST_MINOR:
        raise ValueError("Is too large.")
    return int(minor)
