"""Arithmetic of values: ratios, currencies, trends. Integers and decimals only, so results are exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import TypeAlias

from server.contracts.metrics import Fold, Metric, Unit

NO_CURRENCY = ""
STABLE_BELOW = 0.5
"""A change of less than half a percent is called stable."""

Totals: TypeAlias = Mapping[str, int]
"""One column of one scope and window, by currency; `NO_CURRENCY` when its source has none. Empty: no rows."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A value: `number` of a count or ratio, or `amounts` in minor units by currency,
    sorted by its code.

    Both are None when the value cannot be computed. Amounts of different currencies are never added.
    """

    number: int | float | None = None
    amounts: Mapping[str, int] | None = None

    @property
    def comparable(self) -> tuple[str, int | float] | None:
        """The value as one number with its currency; None when there is none or several currencies."""
        if self.number is not None:
            return NO_CURRENCY, self.number
        if self.amounts and len(self.amounts) == 1:
            return next(iter(self.amounts.items()))
        return None


class Trend(StrEnum):
    UP = "UP"
    DOWN = "DOWN"
    STABLE = "STABLE"


def measured(
    metric: Metric, parts: Sequence[Metric], totals: Sequence[Totals], platform_currency: str
) -> Measured:
    """The metric's value from the totals of its parts; an amount of nothing is in the platform's currency."""
    if metric.fold is Fold.RATIO:
        if metric.unit is Unit.MONEY:
            return Measured(amounts=_amounts_per_thing(totals[0], totals[1], platform_currency))
        money = [total for part, total in zip(parts, totals, strict=True) if part.unit is Unit.MONEY]
        return Measured(number=_quotient(totals[0], totals[1], money))
    if metric.unit is Unit.MONEY:
        return Measured(amounts=_tidy(totals[0], platform_currency))
    return Measured(number=sum(totals[0].values()))


def _tidy(totals: Totals, platform_currency: str) -> Mapping[str, int]:
    """Without currencies in which there is nothing, but never empty."""
    amounts: dict[str, int] = {}
    for currency, amount in sorted(totals.items()):
        code = currency or platform_currency
        amounts[code] = amounts.get(code, 0) + amount
    if len(amounts) == 1:
        return amounts
    return {code: amount for code, amount in amounts.items() if amount} or {platform_currency: 0}


def _quotient(numerator: Totals, denominator: Totals, money: Sequence[Totals]) -> float | None:
    """None when nothing is counted below the line, or money of several currencies would be added."""
    currencies = {code for total in money for code, amount in total.items() if amount}
    below = sum(denominator.values())
    if not below or len(currencies) > 1:
        return None
    return sum(numerator.values()) / below


def _amounts_per_thing(
    numerator: Totals, denominator: Totals, platform_currency: str
) -> Mapping[str, int] | None:
    """For each currency above the line; below it, the things counted with that currency, or all of them."""
    by_currency = NO_CURRENCY not in denominator
    amounts = {}
    for currency, amount in _tidy(numerator, platform_currency).items():
        things = denominator.get(currency, 0) if by_currency else denominator[NO_CURRENCY]
        if things:
            amounts[currency] = int((Decimal(amount) / things).to_integral_value(ROUND_HALF_UP))
    return amounts or None


def is_count(metric: Metric) -> bool:
    """Whether a value is one whole number, the total of one column."""
    return metric.fold is not Fold.RATIO and metric.unit is not Unit.MONEY


def change(current: Measured, previous: Measured) -> float | None:
    """The change in percent of what was; None when there was nothing, or the two cannot be compared."""
    now, before = current.comparable, previous.comparable
    if now is None or before is None:
        return None
    if now[1] and now[0] != before[0]:
        return None
    return percent(now[1], before[1])


def percent(now: float, before: float) -> float | None:
    """The change in percent of `before`; None when that was nothing."""
    return (now - before) * 100 / abs(before) if before else None


def trend(percent: float | None) -> Trend | None:
    """The direction of a change."""
    if percent is None:
        return None
    if abs(percent) < STABLE_BELOW:
        return Trend.STABLE
    return Trend.UP if percent > 0 else Trend.DOWN
