"""Which stretch of time a number is about, and which one it is compared with."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from server.clock import start_of_day
from server.errors import BadUserInput

MOST_DAYS = 3_660
FIRST_DAY = date(1970, 1, 1)
ONE_DAY = timedelta(days=1)


class Period(StrEnum):
    """A number of local days that ends today."""

    LAST_7_DAYS = "LAST_7_DAYS"
    LAST_30_DAYS = "LAST_30_DAYS"
    LAST_90_DAYS = "LAST_90_DAYS"
    LAST_YEAR = "LAST_YEAR"

    @property
    def days(self) -> int:
        return _DAYS[self]


_DAYS = {Period.LAST_7_DAYS: 7, Period.LAST_30_DAYS: 30, Period.LAST_90_DAYS: 90, Period.LAST_YEAR: 365}


class Comparison(StrEnum):
    """What a trend compares with."""

    PREVIOUS_PERIOD = "PREVIOUS_PERIOD"
    PREVIOUS_YEAR = "PREVIOUS_YEAR"


class Window(NamedTuple):
    """The instants from `start` up to and without `end`."""

    start: datetime
    end: datetime


class Windows(NamedTuple):
    """`partial`: the current window includes today, which is not over; the comparison stops at the same time
    of its own last day."""

    current: Window
    comparison: Window
    partial: bool


def windows(
    *,
    now: datetime,
    zone: ZoneInfo,
    period: Period | None = None,
    date_from: date | None = None,
    date_to: date | None = None,
    compare: Comparison = Comparison.PREVIOUS_PERIOD,
) -> Windows:
    """The windows of a period (by default the last 30 days) or of the local days `date_from` to `date_to`.

    Without `date_to` the days end today; without `date_from` they are the 30 days up to `date_to`. Days after
    today are left out. Raises `BadUserInput` for anything that does not make sense.
    """
    if period is not None and (date_from or date_to):
        raise BadUserInput("Give either `period` or `dateFrom` and `dateTo`, not both.", argument="period")
    local = now.astimezone(zone)
    today = local.date()
    first, last = _days(today, period, date_from, date_to)
    partial = last == today
    time_of_day = local.timetz() if partial else None
    if compare is Comparison.PREVIOUS_YEAR:
        before = _year_before(first), _year_before(last)
    else:
        before = first - (last - first) - ONE_DAY, first - ONE_DAY
    return Windows(
        current=Window(_start(first, zone), now.astimezone(UTC) if partial else _end(last, zone)),
        comparison=_cut(*before, zone, time_of_day),
        partial=partial,
    )


_start = lru_cache(maxsize=4_096)(start_of_day)


def _days(
    today: date, period: Period | None, date_from: date | None, date_to: date | None
) -> tuple[date, date]:
    """The first and the last local day; the last is never after today."""
    default = (period or Period.LAST_30_DAYS).days
    _refuse_early(date_from, "dateFrom")
    _refuse_early(date_to, "dateTo")
    if date_from and date_to and date_from > date_to:
        raise BadUserInput(
            f"`dateFrom` is {date_from} and `dateTo` is {date_to}; the first must not be after the second.",
            argument="dateFrom",
        )
    last = min(date_to or today, today)
    first = date_from or last - timedelta(days=default - 1)
    if first > last:
        raise BadUserInput(
            f"`dateFrom` is {first} and today is {today}; nothing has happened yet.", argument="dateFrom"
        )
    if (last - first).days >= MOST_DAYS:
        raise BadUserInput(
            f"From {first} to {last} are {(last - first).days + 1} days; ask for at most {MOST_DAYS}.",
            argument="dateFrom",
        )
    return first, last


def _refuse_early(day: date | None, argument: str) -> None:
    if day is not None and day < FIRST_DAY:
        raise BadUserInput(
            f"`{argument}` is {day}; the first day there is, is {FIRST_DAY}.", argument=argument
        )


def _end(last: date, zone: ZoneInfo) -> datetime:
    return _start(last + ONE_DAY, zone)


def _cut(first: date, last: date, zone: ZoneInfo, time_of_day: time | None) -> Window:
    """The days, the last one only until `time_of_day` when that is given."""
    end = _end(last, zone)
    if time_of_day is not None:
        end = min(end, datetime.combine(last, time_of_day).astimezone(UTC))
    return Window(_start(first, zone), end)


def _year_before(day: date) -> date:
    """The same date a year before; 28 February for the 29th."""
    if (day.month, day.day) == (2, 29):
        return date(day.year - 1, 2, 28)
    return day.replace(year=day.year - 1)
