"""A module with files to import: shelves, books on them, and readings of books."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import text

from server.auth.caller import system_caller
from server.context import Context, PlatformRecord
from server.contracts.imports import Column, ColumnKind, ImportFile, Recipe, Row
from server.contracts.module import ModuleDefinition
from server.db.engine import PLATFORM_SETTING
from server.db.session import Database

TABLES = ("sample_shelf", "sample_book", "sample_reading", "sample_note")
SCHEMA = f"""
CREATE TABLE sample_shelf (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, platform_id bigint NOT NULL,
    external_id text NOT NULL, label text, UNIQUE (platform_id, external_id)
);
CREATE TABLE sample_book (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, platform_id bigint NOT NULL,
    external_id text NOT NULL, shelf_id bigint NOT NULL REFERENCES sample_shelf, title text NOT NULL,
    price numeric, currency text, kind text, "order" bigint, bought_at timestamptz, lost_at timestamptz,
    UNIQUE (platform_id, external_id)
);
CREATE TABLE sample_reading (
    platform_id bigint NOT NULL, book_id bigint NOT NULL REFERENCES sample_book, at timestamptz NOT NULL,
    reader text, PRIMARY KEY (platform_id, book_id, at)
);
CREATE TABLE sample_note (platform_id bigint NOT NULL, note text NOT NULL);
{
    "".join(
        f'''
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON {table} TO facet_app USING (platform_id = current_setting('{PLATFORM_SETTING}')::bigint);
GRANT SELECT, INSERT, UPDATE ON {table} TO facet_app;
'''
        for table in TABLES
    )
}
"""

SHELVES = ImportFile(
    name="shelves",
    description="Where books stand.",
    columns=(Column("external_id"), Column("label", required=False)),
    table="sample_shelf",
    merge="""
        INSERT INTO sample_shelf AS shelf (platform_id, external_id, label)
        SELECT :platform_id, external_id, label FROM staging
        ON CONFLICT (platform_id, external_id) DO UPDATE SET label = excluded.label
        WHERE shelf.label IS DISTINCT FROM excluded.label
        RETURNING (xmax = 0) AS inserted
    """,
)
BOOK_VALUES = 'shelf_id, title, price, currency, kind, "order", bought_at, lost_at'
BOOKS = ImportFile(
    name="books",
    description="What is read.",
    columns=(
        Column("external_id"),
        Column("shelf_id", ColumnKind.REFERENCE, references="shelves"),
        Column("title", max_length=40),
        Column("price", ColumnKind.AMOUNT, required=False, minimum=0),
        Column("currency", ColumnKind.CURRENCY, required=False),
        Column("kind", ColumnKind.CHOICE, required=False, choices=("paper", "audio")),
        Column("order", ColumnKind.INTEGER, required=False, minimum=1),
        Column("bought_at", ColumnKind.TIMESTAMP, required=False),
        Column("lost_at", ColumnKind.TIMESTAMP, required=False),
    ),
    table="sample_book",
    merge=f"""
        WITH given AS (SELECT external_id, {BOOK_VALUES} FROM staging)
        INSERT INTO sample_book AS book (platform_id, external_id, {BOOK_VALUES})
        SELECT :platform_id, external_id, {BOOK_VALUES} FROM given
        ON CONFLICT (platform_id, external_id) DO UPDATE SET
            shelf_id = excluded.shelf_id, title = excluded.title, price = excluded.price
        WHERE (book.shelf_id, book.title, book.price)
            IS DISTINCT FROM (excluded.shelf_id, excluded.title, excluded.price)
        RETURNING (xmax = 0) AS inserted
    """,
    checks={
        "lost_at >= bought_at": "lost_at: is before bought_at, which isn't possible",
        "price IS NULL OR currency IS NOT NULL": "currency: is empty beside a price",
    },
)


async def note_before(ctx: Context) -> None:
    """Shows what a hook finds before the merge."""
    await _note(ctx, "before")


async def note_after(ctx: Context) -> None:
    """Shows what a hook finds after the merge."""
    await _note(ctx, "after")


async def _note(ctx: Context, when: str) -> None:
    await ctx.session.execute(
        text(
            "INSERT INTO sample_note SELECT :platform_id, :when || ' ' || "
            "(SELECT count(*) FROM staging) || ' ' || (SELECT count(*) FROM sample_reading)"
        ),
        {"platform_id": ctx.platform_id, "when": when},
    )


READINGS = ImportFile(
    name="readings",
    description="Who read a book when.",
    columns=(
        Column("book_id", ColumnKind.REFERENCE, references="books"),
        Column("at", ColumnKind.TIMESTAMP),
        Column("reader", ColumnKind.EMAIL),
    ),
    table="sample_reading",
    merge="""
        INSERT INTO sample_reading AS reading (platform_id, book_id, at, reader)
        SELECT :platform_id, book_id, at, reader FROM staging
        ON CONFLICT (platform_id, book_id, at) DO UPDATE SET reader = excluded.reader
        WHERE reading.reader IS DISTINCT FROM excluded.reader
        RETURNING (xmax = 0) AS inserted
    """,
    key=("book_id", "at"),
    before_merge=note_before,
    after_merge=note_after,
)


def foreign_shelves(folder: Path) -> Iterable[Row]:
    """One shelf for each line of `racks.txt`."""
    for name in (folder / "racks.txt").read_text().splitlines():
        yield {"external_id": name, "label": name.upper()}


def foreign_books(folder: Path) -> Iterable[Row]:
    """A book on each shelf and one on none."""
    for shelf in (*foreign_shelves(folder), {"external_id": "nowhere"}):
        name = shelf["external_id"]
        yield {
            "external_id": f"b-{name}",
            "shelf_id": name,
            "title": "Genji",
            "bought_at": "2024-01-01T00:00:00",
        }


def misspelt(_: Path) -> Iterable[Row]:
    yield {"external_id": "a", "lable": "A"}


RACKS = Recipe("racks", "Racks.", {"shelves": foreign_shelves, "books": foreign_books}, zone="Asia/Tokyo")
MISSPELT = Recipe("misspelt", "Wrong on purpose.", {"shelves": misspelt})
LIBRARY = ModuleDefinition(
    code="library",
    name="Library",
    description="Books.",
    imports=(BOOKS, READINGS, SHELVES),
    recipes=(RACKS, MISSPELT),
)


class Registry:
    """A registry of one module."""

    definitions = (LIBRARY,)


class Application:
    """What an import needs of the application."""

    registry = Registry()

    def __init__(self, database: Database) -> None:
        self.database = database

    @asynccontextmanager
    async def system_context(self, platform: PlatformRecord) -> AsyncIterator[Context]:
        async with self.database.session(platform.id) as session:
            yield Context(
                caller=system_caller(platform.id, frozenset()),
                session=session,
                platform=platform,
                modules=frozenset({"library"}),
                services=self,
            )


def write(folder: Path, **files: str) -> Path:
    """Write `<name>.csv` files with these contents, each line without the blanks around it."""
    for name, content in files.items():
        lines = [line.strip() for line in content.strip().splitlines()]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder
