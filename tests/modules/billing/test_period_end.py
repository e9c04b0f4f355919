"""When a billing period ends."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from modules.billing.mrr import Interval
from modules.billing.periods import period_end

ZONE = ZoneInfo("Europe/Luxembourg")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("interval", "count", "now", "end"),
    [
        (Interval.MONTH, 1, "2024-01-31T12:00", "2024-02-29T12:00"),
        (Interval.MONTH, 1, "2024-02-29T11:59:59", "2024-02-29T12:00"),
        (Interval.MONTH, 1, "2024-02-29T12:00", "2024-03-31T12:00"),
        (Interval.MONTH, 3, "2024-05-01T00:00", "2024-07-31T12:00"),
        (Interval.YEAR, 1, "2025-06-01T00:00", "2026-01-31T12:00"),
        (Interval.WEEK, 2, "2024-02-20T00:00", "2024-02-28T12:00"),
        (Interval.DAY, 10, "2024-02-10T12:00", "2024-02-20T12:00"),
    ],
)
def test_counts_from_the_anchor(interval: Interval, count: int, now: str, end: str) -> None:
    anchor = utc("2024-01-31T12:00")

    assert period_end(anchor, interval, count, utc(now), ZoneInfo("UTC")) == utc(end)


def test_keeps_the_local_time_across_a_change_of_clocks() -> None:
    midnight = utc("2024-03-14T23:00")

    assert period_end(midnight, Interval.MONTH, 1, utc("2024-03-20T00:00"), ZONE) == utc("2024-04-14T22:00")


def test_ends_the_first_period_when_the_anchor_lies_ahead() -> None:
    assert period_end(
        utc("2024-02-01T00:00"), Interval.MONTH, 1, utc("2024-01-20T00:00"), ZoneInfo("UTC")
    ) == utc("2024-03-01T00:00")


@pytest.mark.parametrize("interval", list(Interval))
def test_always_lies_ahead(interval: Interval) -> None:
    anchor = utc("2024-01-31T12:00")
    for day in range(1, 29):
        for month in range(1, 13):
            now = datetime(2025, month, day, 12, tzinfo=UTC)
            end = period_end(anchor, interval, 1, now, ZONE)
            assert end > now
            assert (end - now).days <= 366
