"""What a subscription is worth in a month."""

from __future__ import annotations

import pytest

from modules.billing.mrr import Interval, MovementKind, monthly_minor, movement_kind


@pytest.mark.parametrize(
    ("amount", "quantity", "interval", "count", "monthly"),
    [
        (5_000, 1, Interval.MONTH, 1, 5_000),
        (60_000, 1, Interval.YEAR, 1, 5_000),
        (30_000, 1, Interval.MONTH, 3, 10_000),
        (5_000, 1, Interval.WEEK, 2, 10_833),
        (100, 1, Interval.DAY, 1, 3_042),
        (100, 1, Interval.DAY, 30, 101),
        (5_000, 3, Interval.MONTH, 1, 15_000),
        (0, 1, Interval.MONTH, 1, 0),
        (120_000, 1, Interval.YEAR, 2, 5_000),
    ],
)
def test_follows_the_table(amount: int, quantity: int, interval: Interval, count: int, monthly: int) -> None:
    assert monthly_minor(amount, quantity, interval, count) == monthly


def test_rounds_half_up() -> None:
    assert monthly_minor(6, 1, Interval.YEAR, 1) == 1
    assert monthly_minor(5, 1, Interval.YEAR, 1) == 0
    assert monthly_minor(18, 1, Interval.YEAR, 1) == 2


def test_rounds_once_for_the_whole_subscription() -> None:
    assert monthly_minor(10_000, 3, Interval.YEAR, 1) == 2_500


@pytest.mark.parametrize(
    ("before", "after", "paid_before", "kind"),
    [
        (0, 5_000, False, MovementKind.NEW),
        (0, 15_000, True, MovementKind.REACTIVATION),
        (5_000, 5_001, True, MovementKind.EXPANSION),
        (5_000, 4_999, True, MovementKind.CONTRACTION),
        (5_000, 0, True, MovementKind.CHURN),
        (5_000, 5_000, True, None),
        (0, 0, False, None),
    ],
)
def test_names_each_movement(before: int, after: int, paid_before: bool, kind: MovementKind | None) -> None:
    assert movement_kind(before, after, paid_before=paid_before) is kind
