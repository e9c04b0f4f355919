"""What a subscription is worth in a month, and what a change of it is called.

    MRR(t) = sum over subscriptions active or past due at t of
             price x quantity x periods in a month, rounded half up once, in minor units

| interval of n units | periods in a month |
| day                 | 365 / 12 / n       |
| week                | 52 / 12 / n        |
| month               | 1 / n              |
| year                | 1 / 12 / n         |

A trial, a pause and whatever follows the end are worth nothing. The database computes the same in
`billing_subscription_state`; this module is the rule in words and the check of that view.
"""

from __future__ import annotations

from enum import StrEnum


class Interval(StrEnum):
    """The unit of a billing period."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class Status(StrEnum):
    """What a subscription is at an instant; it follows from its history and is never stored as such."""

    SCHEDULED = "scheduled"
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    PAUSED = "paused"
    CANCELED = "canceled"


class MovementKind(StrEnum):
    """What a change of a customer's MRR is. FX is kept for converted totals; no change of terms makes one."""

    NEW = "new"
    EXPANSION = "expansion"
    CONTRACTION = "contraction"
    CHURN = "churn"
    REACTIVATION = "reactivation"
    FX = "fx"


PERIODS_A_YEAR = {Interval.DAY: 365, Interval.WEEK: 52, Interval.MONTH: 12, Interval.YEAR: 1}


def monthly_minor(amount_minor: int, quantity: int, interval: Interval, interval_count: int) -> int:
    """The monthly value, in minor units, of `quantity` times `amount_minor` every `interval_count` intervals."""
    yearly = amount_minor * quantity * PERIODS_A_YEAR[interval]
    per = 12 * interval_count
    return (2 * yearly + per) // (2 * per)


def movement_kind(before_minor: int, after_minor: int, *, paid_before: bool) -> MovementKind | None:
    """The name of a customer's step from one MRR to another; None when nothing moved."""
    if before_minor == after_minor:
        return None
    if before_minor == 0:
        return MovementKind.REACTIVATION if paid_before else MovementKind.NEW
    if after_minor == 0:
        return MovementKind.CHURN
    return MovementKind.EXPANSION if after_minor > before_minor else MovementKind.CONTRACTION
