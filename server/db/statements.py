"""Statements compiled once, and the rows they answer with: named access, no ORM instances."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

import asyncpg
from sqlalchemy import Executable
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.util import LRUCache

Convert: TypeAlias = Callable[[Any], Any]

MOST_COMPILED = 512
REQUIRED: Any = object()


class Row(asyncpg.Record):
    """A row of `Session.rows`: `row.name`, `row[0]`, or unpacked like a tuple."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"The statement selects no column {name}.") from None


@dataclass(frozen=True, slots=True)
class Query:
    """SQL with numbered parameters, and what its rows are."""

    sql: str
    row: type[Row]
    binds: Mapping[int, Convert]
    """Conversions of parameters, by position."""
    convert: Callable[[Sequence[Row]], Sequence[Any]] | None
    """The conversion of all rows, when a column's type needs one."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A query with the values that its statement holds, by position; `REQUIRED` where it holds none."""

    query: Query
    names: tuple[str, ...]
    held: tuple[Any, ...]

    def values(self, given: Mapping[str, Any] | None) -> list[Any]:
        """The values of the parameters; raises `InvalidRequestError` for one that is missing."""
        if given is None:
            values = list(self.held)
        else:
            values = [given.get(name, value) for name, value in zip(self.names, self.held, strict=True)]
        for name, value in zip(self.names, values, strict=True):
            if value is REQUIRED:
                raise InvalidRequestError(f"The parameter {name} has no value.")
        for position, convert in self.query.binds.items():
            values[position] = convert(values[position])
        return values


class Statements:
    """Compiled statements of one dialect.

    A statement that was made once is found by what it is; one that is made for each call by its structure, which
    costs a walk through it.
    """

    def __init__(self, dialect: Any) -> None:
        self._dialect: PGDialect_asyncpg = dialect
        self._seen: WeakKeyDictionary[Executable, Statement] = WeakKeyDictionary()
        self._compiled: LRUCache[Any, Any] = LRUCache(MOST_COMPILED)
        self._queries: WeakKeyDictionary[SQLCompiler, Query] = WeakKeyDictionary()

    def of(self, statement: Executable) -> Statement:
        """The compiled statement."""
        found = self._seen.get(statement)
        if found is None:
            found = self._seen[statement] = self._compile(statement)
        return found

    def _compile(self, statement: Any) -> Statement:
        compiled, extracted, _, _ = statement._compile_w_cache(
            self._dialect, compiled_cache=self._compiled, column_keys=[]
        )
        query = self._queries.get(compiled)
        if query is None:
            query = self._queries[compiled] = _query(compiled, self._dialect)
        held = compiled.construct_params(extracted_parameters=extracted, escape_names=False, _check=False)
        required = {name for bind, name in compiled.bind_names.items() if bind.required}
        names = tuple(compiled.positiontup or ())
        return Statement(query, names, tuple(REQUIRED if n in required else held[n] for n in names))


def _query(compiled: SQLCompiler, dialect: PGDialect_asyncpg) -> Query:
    if compiled.post_compile_params:
        raise InvalidRequestError(
            "A list as a parameter would be a statement of its own for each length. Write "
            "`column == any_(bindparam(name, type_=ARRAY(...)))` instead of `in_`."
        )
    names = [column.keyname for column in compiled._result_columns]
    processors = [column.type._cached_result_processor(dialect, None) for column in compiled._result_columns]
    conversions: dict[str, Any] = dict(compiled._bind_processors)
    binds: dict[int, Convert] = {
        position: conversions[name]
        for position, name in enumerate(compiled.positiontup or ())
        if conversions.get(name) is not None
    }
    convert = _converter(names, processors) if any(processors) else None
    return Query(str(compiled), _row_class(names), binds, convert)


def _row_class(names: Sequence[str]) -> type[Row]:
    """A `Row` whose columns are read without a call of Python."""
    members: dict[str, Any] = {"__slots__": ()}
    for position, name in enumerate(names):
        if name not in members and not hasattr(asyncpg.Record, name):
            members[name] = property(itemgetter(position))
    return type("Row", (Row,), members)


def _converter(
    names: Sequence[str], processors: Sequence[Convert | None]
) -> Callable[[Sequence[Row]], Sequence[Any]]:
    """For columns such as JSON, which the driver leaves as they come."""
    converted: Any = namedtuple("Converted", names, rename=True)  # type: ignore[misc]  # named at run time
    make = converted._make

    def convert(rows: Sequence[Row]) -> Sequence[Any]:
        return [
            make(process(value) if process else value for value, process in zip(row, processors, strict=True))
            for row in rows
        ]

    return convert
