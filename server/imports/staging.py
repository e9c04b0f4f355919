"""From raw rows to the module's table: copied into a temporary table, resolved, checked and merged by SQL.

`incoming` takes the rows as they were parsed, `staging` those that passed so far with references resolved. In
both, `_line` is the row's place in its file and `_reason`, when set, why it is rejected. They live until the
transaction ends or the next file begins.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, bindparam, text

from server.contracts.imports import Column, ColumnKind, ImportFile
from server.db.session import Session

SQL_TYPES = {
    ColumnKind.INTEGER: "bigint",
    ColumnKind.AMOUNT: "numeric",
    ColumnKind.TIMESTAMP: "timestamptz",
}
BATCH = 10_000


@dataclass(frozen=True, slots=True)
class Merged:
    """How many rows the merge wrote, and how many it was given."""

    staged: int
    inserted: int
    updated: int


class Staging:
    """The way of one file's rows through one transaction. `tables` maps a file's name to its table."""

    def __init__(self, session: Session, platform_id: int, file: ImportFile, tables: dict[str, str]) -> None:
        self._session = session
        self._platform_id = platform_id
        self._file = file
        self._tables = tables

    async def open(self) -> None:
        """Make the temporary tables."""
        columns = self._file.columns
        await self._run("DROP TABLE IF EXISTS pg_temp.incoming, pg_temp.staging")
        await self._run(_create("incoming", [(column.name, incoming_type(column)) for column in columns]))
        await self._run(_create("staging", [(column.name, staging_type(column)) for column in columns]))

    async def copy(self, rows: AsyncIterator[Sequence[Any]]) -> None:
        """Take in rows of `_line, _reason` and the columns' values."""
        connection = await (await self._session.connection()).get_raw_connection()
        driver: Any = connection.driver_connection
        names = ["_line", "_reason", *(column.name for column in self._file.columns)]
        await driver.copy_records_to_table("incoming", records=rows, columns=names, schema_name="pg_temp")
        await self._run("ANALYZE pg_temp.incoming")

    async def judge(self) -> int:
        """Resolve references and find the rows to reject, those of `incoming` included; how many they are."""
        await self._run(judgement(self._file, self._tables))
        rejected: int = await self._session.scalar(COUNT_REJECTED)
        return rejected

    async def rejected(self) -> AsyncIterator[tuple[int, str]]:
        """Line and reason of the rejected rows, in the file's order."""
        last = 0
        while rows := (await self._session.execute(NEXT_REJECTED, {"last": last, "batch": BATCH})).all():
            for line, reason in rows:
                yield line, reason
            last = rows[-1][0]

    async def merge(self) -> Merged:
        """Write the rows that passed into the module's table."""
        await self._run("DELETE FROM pg_temp.staging WHERE _reason IS NOT NULL")
        await self._run("ANALYZE pg_temp.staging")
        staged: int = await self._session.scalar(text("SELECT count(*) FROM pg_temp.staging"))
        counted = f"WITH merged AS ({self._file.merge}) {COUNT_MERGED}"
        inserted, updated = (await self._session.execute(self._bound(counted))).one()
        # The next files refer to these rows; without statistics each of theirs would scan the whole platform's.
        await self._session.execute(ANALYZE, {"table": self._file.table, "added": inserted})
        return Merged(staged=staged, inserted=inserted, updated=updated)

    async def _run(self, statement: str) -> None:
        await self._session.execute(self._bound(statement))

    def _bound(self, statement: str) -> Any:
        clause = text(statement)
        if "platform_id" not in clause._bindparams:
            return clause
        return clause.bindparams(bindparam("platform_id", self._platform_id, type_=BigInteger))


REJECTED = (
    "SELECT _line, _reason FROM pg_temp.incoming WHERE _reason IS NOT NULL "
    "UNION ALL SELECT _line, _reason FROM pg_temp.staging WHERE _reason IS NOT NULL"
)
COUNT_REJECTED = text(f"SELECT count(*) FROM ({REJECTED}) AS rejected")  # noqa: S608
NEXT_REJECTED = text(
    f"SELECT * FROM ({REJECTED}) AS rejected WHERE _line > :last ORDER BY _line LIMIT :batch"  # noqa: S608
)
ANALYZE = text("SELECT facet_analyze(:table, :added)")
COUNT_MERGED = "SELECT count(*) FILTER (WHERE inserted), count(*) FILTER (WHERE NOT inserted) FROM merged"


def incoming_type(column: Column) -> str:
    """The SQL type a parsed cell is copied as."""
    return SQL_TYPES.get(column.kind, "text")


def staging_type(column: Column) -> str:
    """The SQL type the module's merge finds."""
    return "bigint" if column.kind is ColumnKind.REFERENCE else incoming_type(column)


def judgement(file: ImportFile, tables: dict[str, str]) -> str:
    """The statement that fills `staging`.

    A row with an unknown reference is not checked further in what depends on it; of several rows with one key
    the first that is otherwise right passes.
    """
    references = [column for column in file.columns if column.kind is ColumnKind.REFERENCE]
    resolved = {column.name for column in references}
    names = [column.name for column in file.columns]
    values = [f'"{name}__row".id AS "{name}"' if name in resolved else f'raw."{name}"' for name in names]
    unknown = [
        f"""CASE WHEN raw."{name}" IS NOT NULL AND "{name}__row".id IS NULL
        THEN '{name}: {column.references} has no row with the external id “' || raw."{name}" || '”' END"""
        for column in references
        for name in (column.name,)
    ]
    joins = [
        f"""LEFT JOIN {tables[str(column.references)]} AS "{name}__row"
        ON "{name}__row".platform_id = :platform_id AND "{name}__row".external_id = raw."{name}\""""
        for column in references
        for name in (column.name,)
    ]
    failed = [
        f"CASE WHEN ({condition}) IS FALSE THEN {_literal(reason)} END"
        for condition, reason in (file.checks or {}).items()
    ]
    key = ", ".join(file.key)
    columns = _quoted(names)
    # Every name comes from a module's declaration, no value from a file.
    return f"""
WITH resolved AS (
    SELECT raw._line, {", ".join(values)}, {_reasons(unknown)} AS _reason
    FROM pg_temp.incoming AS raw {" ".join(joins)}
    WHERE raw._reason IS NULL
), checked AS (
    SELECT _line, {columns}, {_reasons(["_reason", *failed])} AS _reason FROM resolved AS staging
), ranked AS (
    SELECT *, first_value(_line) OVER (
        PARTITION BY _reason IS NULL, {_quoted(file.key)} ORDER BY _line
    ) AS _first FROM checked
)
INSERT INTO pg_temp.staging (_line, _reason, {columns})
SELECT _line, CASE WHEN _reason IS NOT NULL THEN _reason
    WHEN _line > _first THEN '{key}: the same as in line ' || _first || ', which was taken' END, {columns}
FROM ranked
"""  # noqa: S608


def _create(table: str, columns: Sequence[tuple[str, str]]) -> str:
    typed = ", ".join(f'"{name}" {sql_type}' for name, sql_type in columns)
    return f"CREATE TEMPORARY TABLE {table} (_line bigint, _reason text, {typed}) ON COMMIT DROP"


def _reasons(expressions: Sequence[str]) -> str:
    if not expressions:
        return "NULL::text"
    return f"nullif(concat_ws('; ', {', '.join(expressions)}), '')"


def _literal(value: str) -> str:
    """`value` as an SQL literal inside `text()`, where a colon would begin a parameter."""
    return "'" + value.replace("'", "''").replace(":", "\\:") + "'"


def _quoted(names: Iterable[str]) -> str:
    """Column names for a statement, whatever words of SQL they are."""
    return ", ".join(f'"{name}"' for name in names)
