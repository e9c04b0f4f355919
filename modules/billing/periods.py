"""Billing periods on the calendar."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from modules.billing.mrr import Interval


def period_end(
    anchor: datetime, interval: Interval, interval_count: int, now: datetime, zone: ZoneInfo
) -> datetime:
    """The end of the period that `now` is in: the first boundary after `now`, counted from `anchor`.

    Boundaries keep the local time of `anchor` in `zone`, and its day of the month where the month has it:
    31 January, 28 February, 31 March.
    """
    start = anchor.astimezone(zone)
    number = max(_periods_between(start.date(), now.astimezone(zone).date(), interval) // interval_count, 0)
    while True:
        boundary = _boundary(start, interval, number * interval_count).astimezone(UTC)
        if boundary > now and number > 0:
            return boundary
        number += 1


def _periods_between(first: date, last: date, interval: Interval) -> int:
    """How many whole intervals lie between two days, at most one too few."""
    if interval in (Interval.DAY, Interval.WEEK):
        return (last - first).days // (7 if interval is Interval.WEEK else 1) - 1
    months = (last.year - first.year) * 12 + last.month - first.month - 1
    return months // (12 if interval is Interval.YEAR else 1)


def _boundary(start: datetime, interval: Interval, count: int) -> datetime:
    if interval in (Interval.DAY, Interval.WEEK):
        return start + timedelta(days=count * (7 if interval is Interval.WEEK else 1))
    months = start.year * 12 + start.month - 1 + count * (12 if interval is Interval.YEAR else 1)
    year, month = months // 12, months % 12 + 1
    return start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1]))
