"""How a module declares the files it imports, and recipes that turn foreign data sets into them.

An import reads each file into a temporary table, refuses the rows that are wrong, and hands the others to the
module's `merge`. All files of one import land in one transaction, or none does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from server.context import Context


class ColumnKind(StrEnum):
    """What a cell holds, after the spaces around it are cut off; an empty cell is a missing value.

    TEXT anything; INTEGER a bigint; AMOUNT an exact decimal in major units (`1234.56`); TIMESTAMP ISO 8601,
    in the platform's zone when it names none; CURRENCY a code of ISO 4217; EMAIL an address, stored in
    lower case; CHOICE one of `Column.choices`; REFERENCE the external id of a row of another file.
    """

    TEXT = "text"
    INTEGER = "integer"
    AMOUNT = "amount"
    TIMESTAMP = "timestamp"
    CURRENCY = "currency"
    EMAIL = "email"
    CHOICE = "choice"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file. `references` names the other file of a REFERENCE; `choices` the values of a
    CHOICE; `minimum` bounds an INTEGER or AMOUNT; `max_length` counts characters. A column that is not
    `required` may be absent or have empty cells."""

    name: str
    kind: ColumnKind = ColumnKind.TEXT
    required: bool = True
    references: str | None = None
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    max_length: int = 200
    description: str = ""


@dataclass(frozen=True, slots=True)
class ImportFile:
    """`<name>.csv`: how its rows are read and merged into `table`.

    The rows that passed arrive in a temporary table `staging` with the columns' names: text, bigint, numeric,
    timestamptz; a REFERENCE column holds the bigint id it was resolved to.

    `merge` is one statement that upserts them, with `:platform_id` (bigint) bound. So that an import can
    say what it changed, it leaves equal rows alone and returns one row for each row it wrote, telling
    whether that was new:

        INSERT INTO … SELECT … FROM staging
        ON CONFLICT (platform_id, external_id) DO UPDATE SET …
        WHERE (…) IS DISTINCT FROM (…)
        RETURNING (xmax = 0) AS inserted

    It is run inside a common table expression, so it may begin with WITH, but only to select. Staged rows it
    does not return count as unchanged.

    `table` is where other files find this file's rows: by `platform_id` and `external_id`, giving `id`. `key`
    are the columns that must be unique within the file. `checks` are SQL conditions over a staging row, each
    with the reason a row is rejected for that does not fulfil it; unknown (null) passes. `before_merge` and
    `after_merge` run next to the merge, in the same transaction, with `staging` in place.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    table: str
    merge: str
    key: tuple[str, ...] = ("external_id",)
    checks: Mapping[str, str] | None = None
    before_merge: Callable[[Context], Awaitable[None]] | None = None
    after_merge: Callable[[Context], Awaitable[None]] | None = None


Row = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Turns the files of a foreign data set into rows of our files: `files[name](folder)` yields them in any
    order, the same ones each time it is called. `zone` is the data's own time zone when its times carry none
    (None: the platform's)."""

    code: str
    description: str
    files: Mapping[str, Callable[[Path], Iterable[Row]]]
    zone: str | None = None
