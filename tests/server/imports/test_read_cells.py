"""Reading cells: what each kind of column takes, and the words in which it refuses the rest."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from server.contracts.imports import Column, ColumnKind
from server.imports.cells import Refused, RowParser, parser

BERLIN = ZoneInfo("Europe/Berlin")


def read(kind: ColumnKind, cell: str, **options: Any) -> Any:
    return parser(Column("c", kind, **options), BERLIN)(cell)


def refusal(kind: ColumnKind, cell: str, **options: Any) -> str:
    with pytest.raises(Refused) as refused:
        read(kind, cell, **options)
    return str(refused.value)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("2024-05-31T14:30:00+02:00", datetime(2024, 5, 31, 12, 30, tzinfo=UTC)),
        ("2024-05-31T14:30:00Z", datetime(2024, 5, 31, 14, 30, tzinfo=UTC)),
        ("2024-05-31 14:30:00", datetime(2024, 5, 31, 12, 30, tzinfo=UTC)),
        ("2024-05-31", datetime(2024, 5, 30, 22, 0, tzinfo=UTC)),
        ("2024-05-31T14:30:00.123456", datetime(2024, 5, 31, 12, 30, 0, 123456, tzinfo=UTC)),
    ],
)
def test_takes_times_of_the_platform_unless_they_name_a_zone(cell: str, value: datetime) -> None:
    assert read(ColumnKind.TIMESTAMP, cell) == value


def test_takes_the_first_of_two_times_when_the_clock_is_put_back() -> None:
    assert read(ColumnKind.TIMESTAMP, "2024-10-27T02:30:00") == datetime(2024, 10, 27, 0, 30, tzinfo=UTC)


def test_takes_a_time_the_clock_skipped_as_if_it_had_not_been_put_forward() -> None:
    assert read(ColumnKind.TIMESTAMP, "2024-03-31T02:30:00") == datetime(2024, 3, 31, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "cell", ["31.05.2024", "2024-13-01", "2024-02-30", "yesterday", "1717157400", "2024-05-31T25:00"]
)
def test_refuses_other_times(cell: str) -> None:
    message = f"“{cell}” is not a time of ISO 8601; write it like 2024-05-31T14:30:00+02:00"
    assert refusal(ColumnKind.TIMESTAMP, cell) == message


@pytest.mark.parametrize("cell", ["0001-01-01", "9999-12-31T23:59:59"])
def test_refuses_times_at_the_ends_of_the_calendar(cell: str) -> None:
    assert refusal(ColumnKind.TIMESTAMP, cell) == f"“{cell}” is too far away"


@pytest.mark.parametrize(
    ("cell", "value"), [("0", "0"), ("1234.56", "1234.56"), ("-0.1", "-0.1"), ("+7", "7"), ("0.001", "0.001")]
)
def test_keeps_amounts_exact(cell: str, value: str) -> None:
    assert read(ColumnKind.AMOUNT, cell) == Decimal(value)


@pytest.mark.parametrize(
    "cell", ["1,50", "1.234,56", "1 000", "1e3", "NaN", "Infinity", "€5", ".5", "5.", "٣"]
)
def test_refuses_other_amounts(cell: str) -> None:
    assert refusal(ColumnKind.AMOUNT, cell) == f"“{cell}” is not an amount; write it like 1234.56"


def test_refuses_an_amount_below_the_minimum() -> None:
    assert refusal(ColumnKind.AMOUNT, "-0.01", minimum=0) == "-0.01 is below 0"


def test_takes_whole_numbers_that_fit_a_bigint() -> None:
    assert read(ColumnKind.INTEGER, "-9223372036854775808") == -(2**63)
    assert read(ColumnKind.INTEGER, "9223372036854775807") == 2**63 - 1
    assert refusal(ColumnKind.INTEGER, "9223372036854775808") == "“9223372036854775808” is too large"


@pytest.mark.parametrize("cell", ["1.0", "1_000", "１", "x", "0x1f", "99999999999999999999"])
def test_refuses_other_whole_numbers(cell: str) -> None:
    assert refusal(ColumnKind.INTEGER, cell) == f"“{cell}” is not a whole number"


def test_refuses_a_whole_number_below_the_minimum() -> None:
    assert refusal(ColumnKind.INTEGER, "0", minimum=1) == "0 is below 1"


@pytest.mark.parametrize("cell", ["EUR", "JPY", "BHD", "BRL"])
def test_takes_currency_codes(cell: str) -> None:
    assert read(ColumnKind.CURRENCY, cell) == cell


@pytest.mark.parametrize("cell", ["EURO", "eur", "€", "XQZ"])
def test_refuses_other_currencies(cell: str) -> None:
    assert refusal(ColumnKind.CURRENCY, cell) == f"“{cell}” is not a currency code of ISO 4217, such as EUR"


def test_takes_addresses_in_lower_case() -> None:
    assert read(ColumnKind.EMAIL, "Ada.Lovelace@Example.COM") == "ada.lovelace@example.com"


@pytest.mark.parametrize(
    "cell", ["ada", "ada@", "@example.com", "a b@example.com", "a@b", "a@@b.com", "a@b..com"]
)
def test_refuses_other_addresses(cell: str) -> None:
    assert refusal(ColumnKind.EMAIL, cell) == f"“{cell}” is not an e-mail address"


def test_takes_only_the_choices() -> None:
    assert read(ColumnKind.CHOICE, "week", choices=("day", "week")) == "week"
    assert refusal(ColumnKind.CHOICE, "Week", choices=("day", "week")) == "“Week” is none of day, week"


def test_counts_characters_not_bytes() -> None:
    assert read(ColumnKind.TEXT, "é" * 200) == "é" * 200
    assert refusal(ColumnKind.TEXT, "é" * 201) == "has 201 characters, at most 200 fit"


def test_shortens_long_cells_in_its_words() -> None:
    assert refusal(ColumnKind.INTEGER, "x" * 1000) == f"“{'x' * 60}…” is not a whole number"


COLUMNS = (
    Column("external_id"),
    Column("count", ColumnKind.INTEGER),
    Column("note", required=False),
)


def test_orders_values_as_declared_and_passes_over_other_columns() -> None:
    parse = RowParser(COLUMNS, ("count", "line", "external_id"), BERLIN)

    assert parse([" 3 ", "17", " a\t"]) == (["a", 3, None], None)


def test_names_every_reason() -> None:
    parse = RowParser(COLUMNS, ("external_id", "count", "note"), BERLIN)

    _, reason = parse(["  ", "x", "n" * 201])

    assert reason == (
        "external_id: is empty and must not be; count: “x” is not a whole number; "
        "note: has 201 characters, at most 200 fit"
    )


def test_refuses_rows_of_another_width() -> None:
    parse = RowParser(COLUMNS, ("external_id", "count"), BERLIN)

    assert parse(["a"])[1] == "the row has 1 cells and the header 2"
    assert parse(["a", "1", ""])[1] == "the row has 3 cells and the header 2"


@pytest.mark.parametrize("cell", ["a\x00b", "a\udce9"])
def test_refuses_what_cannot_be_stored(cell: str) -> None:
    parse = RowParser(COLUMNS, ("external_id", "count"), BERLIN)

    assert parse([cell, "1"])[1] == "the row holds a NUL or bytes that are not UTF-8"
