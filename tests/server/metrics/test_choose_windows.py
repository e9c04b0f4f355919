"""Choose which stretch of time numbers are about."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from server.errors import BadUserInput
from server.metrics.windows import Comparison, Period, Window, windows

PARIS = ZoneInfo("Europe/Paris")
AUCKLAND = ZoneInfo("Pacific/Auckland")
NOON = datetime(2024, 6, 15, 12, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def span(start: str, end: str) -> Window:
    return Window(at(start), at(end))


@pytest.mark.parametrize(
    ("period", "first", "before"),
    [
        (Period.LAST_7_DAYS, "2024-06-09", "2024-06-02"),
        (Period.LAST_30_DAYS, "2024-05-17", "2024-04-17"),
        (Period.LAST_90_DAYS, "2024-03-18", "2023-12-19"),
        (Period.LAST_YEAR, "2023-06-17", "2022-06-17"),
    ],
)
def test_period_ends_now_and_compares_up_to_the_same_time(period: Period, first: str, before: str) -> None:
    found = windows(now=NOON, zone=ZoneInfo("UTC"), period=period)

    assert found.current == Window(at(f"{first}T00:00Z"), NOON)
    last = at(f"{first}T12:00Z") - timedelta(days=1)
    assert found.comparison == Window(at(f"{before}T00:00Z"), last)
    assert found.partial


def test_nothing_said_means_the_last_30_days() -> None:
    utc = ZoneInfo("UTC")

    assert windows(now=NOON, zone=utc) == windows(now=NOON, zone=utc, period=Period.LAST_30_DAYS)


def test_today_is_the_platform_s_own() -> None:
    found = windows(now=at("2024-06-15T12:30Z"), zone=AUCKLAND, period=Period.LAST_7_DAYS)

    assert found.current == span("2024-06-09T12:00Z", "2024-06-15T12:30Z")  # 10 June to 16 June, 00:30
    assert found.comparison == span("2024-06-02T12:00Z", "2024-06-08T12:30Z")


def test_past_days_are_whole_and_half_open() -> None:
    found = windows(now=NOON, zone=PARIS, date_from=date(2024, 6, 1), date_to=date(2024, 6, 3))

    assert found.current == span("2024-05-31T22:00Z", "2024-06-03T22:00Z")
    assert found.comparison == span("2024-05-28T22:00Z", "2024-05-31T22:00Z")
    assert not found.partial


@pytest.mark.parametrize(("day", "hours"), [(date(2024, 3, 31), 23), (date(2024, 10, 27), 25)])
def test_a_day_is_as_long_as_the_clock_change_makes_it(day: date, hours: int) -> None:
    found = windows(now=at("2025-01-01T00:00Z"), zone=PARIS, date_from=day, date_to=day)

    assert found.current.end - found.current.start == timedelta(hours=hours)
    assert found.comparison.end - found.comparison.start == timedelta(hours=24)


def test_the_comparison_of_a_long_day_stops_at_the_same_time_of_day() -> None:
    now = at("2024-10-27T11:00Z")  # 12:00 in Paris, thirteen hours after midnight

    found = windows(now=now, zone=PARIS, date_from=date(2024, 10, 27))

    assert found.current == Window(at("2024-10-26T22:00Z"), now)
    assert found.comparison == span("2024-10-25T22:00Z", "2024-10-26T10:00Z")


def test_the_comparison_jumps_over_an_hour_that_does_not_exist() -> None:
    now = at("2024-04-01T00:30Z")  # 02:30 in Paris; the day before had no 02:30

    found = windows(now=now, zone=PARIS, date_from=date(2024, 4, 1))

    assert found.comparison == span("2024-03-30T23:00Z", "2024-03-31T01:30Z")


def test_days_ahead_are_left_out() -> None:
    found = windows(now=NOON, zone=PARIS, date_from=date(2024, 6, 14), date_to=date(2030, 1, 1))

    assert found.current == Window(at("2024-06-13T22:00Z"), NOON)
    assert found.comparison == span("2024-06-11T22:00Z", "2024-06-13T12:00Z")
    assert found.partial


def test_a_last_day_alone_means_the_30_days_up_to_it() -> None:
    found = windows(now=NOON, zone=ZoneInfo("UTC"), date_to=date(2024, 1, 30))

    assert found.current == span("2024-01-01T00:00Z", "2024-01-31T00:00Z")


def test_the_previous_year_has_the_same_dates() -> None:
    found = windows(
        now=NOON,
        zone=PARIS,
        date_from=date(2024, 2, 29),
        date_to=date(2024, 3, 1),
        compare=Comparison.PREVIOUS_YEAR,
    )

    assert found.comparison == span("2023-02-27T23:00Z", "2023-03-01T23:00Z")


def test_the_previous_year_of_an_unfinished_leap_day_is_28_february() -> None:
    found = windows(
        now=at("2024-02-29T09:00Z"),
        zone=ZoneInfo("UTC"),
        date_from=date(2024, 2, 29),
        compare=Comparison.PREVIOUS_YEAR,
    )

    assert found.comparison == span("2023-02-28T00:00Z", "2023-02-28T09:00Z")


def test_accepts_ten_years_and_no_more() -> None:
    first = date(2024, 6, 15) - timedelta(days=3_659)

    windows(now=NOON, zone=PARIS, date_from=first)
    with pytest.raises(BadUserInput, match="3661 days; ask for at most 3660"):
        windows(now=NOON, zone=PARIS, date_from=first - timedelta(days=1))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"period": Period.LAST_7_DAYS, "date_to": date(2024, 1, 1)}, "not both"),
        ({"date_from": date(2024, 1, 2), "date_to": date(2024, 1, 1)}, "must not be after"),
        ({"date_from": date(2024, 6, 16)}, "nothing has happened yet"),
        ({"date_from": date(1, 1, 1), "date_to": date(1, 1, 2)}, "the first day there is, is 1970-01-01"),
    ],
)
def test_refuses_what_makes_no_sense(wrong: dict[str, date], message: str) -> None:
    with pytest.raises(BadUserInput, match=message):
        windows(now=NOON, zone=PARIS, **wrong)  # type: ignore[arg-type]
