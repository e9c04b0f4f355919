"""Cells of a file into values of the database, or into the reason they are refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from babel.numbers import list_currencies

from server.contracts.imports import Column, ColumnKind

Parse = Callable[[str], Any]

INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
AMOUNT = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,10})?")
EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
LONGEST_EMAIL = 254
BIGINT = 2**63
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""Characters PostgreSQL cannot store: NUL, and the stand-ins for bytes that were not UTF-8."""


class Refused(ValueError):
    """A cell is not what its column holds; the text says why."""


class RowParser:
    """Turns the cells of one row, in the order of `header`, into the values of `columns`.

    A header may leave out columns that are not required; names in it that are no columns are passed over.
    """

    def __init__(self, columns: Sequence[Column], header: Sequence[str], zone: ZoneInfo) -> None:
        places = {name: place for place, name in enumerate(header)}
        self._width = len(header)
        self._cells = [
            (column.name, places.get(column.name), column.required, parser(column, zone))
            for column in columns
        ]

    def __call__(self, cells: Sequence[str | None]) -> tuple[list[Any], str | None]:
        """The values and None, or values to ignore and every reason the row is refused for."""
        if len(cells) != self._width:
            return [], f"the row has {len(cells)} cells and the header {self._width}"
        values: list[Any] = []
        reasons: list[str] = []
        for name, place, required, parse in self._cells:
            cell = None if place is None else cells[place]
            cell = cell.strip() if cell else None
            value = None
            if cell:
                try:
                    value = parse(cell)
                except Refused as refused:
                    reasons.append(f"{name}: {refused}")
            elif required:
                reasons.append(f"{name}: is empty and must not be")
            values.append(value)
        if UNSTORABLE.search("".join(cell for cell in cells if cell)):
            reasons.append("the row holds a NUL or bytes that are not UTF-8")
        return values, "; ".join(reasons) or None


def parser(column: Column, zone: ZoneInfo) -> Parse:
    """What reads a cell of `column`; it raises `Refused`. `zone` is that of timestamps which name none."""
    match column.kind:
        case ColumnKind.INTEGER:
            return _integer(column.minimum)
        case ColumnKind.AMOUNT:
            return _amount(column.minimum)
        case ColumnKind.TIMESTAMP:
            return _timestamp(zone)
        case ColumnKind.CURRENCY:
            return _currency
        case ColumnKind.EMAIL:
            return _email
        case ColumnKind.CHOICE:
            return _choice(column.choices)
        case _:
            return _text(column.max_length)


def _text(max_length: int) -> Parse:
    def parse(cell: str) -> str:
        if len(cell) > max_length:
            raise Refused(f"has {len(cell)} characters, at most {max_length} fit")
        return cell

    return parse


def _integer(minimum: int | None) -> Parse:
    def parse(cell: str) -> int:
        if not INTEGER.fullmatch(cell):
            raise Refused(f"{_quoted(cell)} is not a whole number")
        value = int(cell)
        if not -BIGINT <= value < BIGINT:
            raise Refused(f"{_quoted(cell)} is too large")
        _check_minimum(value, minimum)
        return value

    return parse


def _amount(minimum: int | None) -> Parse:
    def parse(cell: str) -> Decimal:
        if not AMOUNT.fullmatch(cell):
            raise Refused(f"{_quoted(cell)} is not an amount; write it like 1234.56")
        value = Decimal(cell)
        _check_minimum(value, minimum)
        return value

    return parse


def _timestamp(zone: ZoneInfo) -> Parse:
    def parse(cell: str) -> datetime:
        try:
            value = datetime.fromisoformat(cell)
        except ValueError:
            raise Refused(
                f"{_quoted(cell)} is not a time of ISO 8601; write it like 2024-05-31T14:30:00+02:00"
            ) from None
        if not 1 < value.year < 9999:
            raise Refused(f"{_quoted(cell)} is too far away")
        return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)

    return parse


def _currency(cell: str) -> str:
    if cell not in currencies():
        raise Refused(f"{_quoted(cell)} is not a currency code of ISO 4217, such as EUR")
    return cell


@cache
def currencies() -> frozenset[str]:
    """Every currency code known, those of former currencies too."""
    return frozenset(list_currencies())


def _email(cell: str) -> str:
    if len(cell) > LONGEST_EMAIL or not EMAIL.fullmatch(cell):
        raise Refused(f"{_quoted(cell)} is not an e-mail address")
    return cell.lower()


def _choice(choices: Sequence[str]) -> Parse:
    allowed = frozenset(choices)

    def parse(cell: str) -> str:
        if cell not in allowed:
            raise Refused(f"{_quoted(cell)} is none of {', '.join(choices)}")
        return cell

    return parse


def _check_minimum(value: int | Decimal, minimum: int | None) -> None:
    if minimum is not None and value < minimum:
        raise Refused(f"{value} is below {minimum}")


def _quoted(cell: str) -> str:
    return f"“{cell if len(cell) <= 60 else cell[:60] + '…'}”"
