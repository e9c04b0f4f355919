"""Where rows come from: a CSV file, plain or compressed, or a recipe."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from server.contracts.imports import Row
from server.imports.errors import ImportRefused

UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
DAMAGED = (gzip.BadGzipFile, EOFError, zlib.error)


class RawRow(NamedTuple):
    """A row as it was given; `line` is where it begins. With a `problem` the row could not be taken apart."""

    line: int
    cells: Sequence[str | None]
    problem: str | None = None


class RowSource(Protocol):
    """Rows under a header, the same ones each time they are asked for; `zone` is that of times without
    one."""

    @property
    def header(self) -> Sequence[str]: ...
    @property
    def zone(self) -> ZoneInfo: ...
    def rows(self, share: Callable[[float], None]) -> Iterator[RawRow]:
        """The rows, telling now and then which share of the source has been read, if that is known."""
        ...


@dataclass(frozen=True)
class CsvSource:
    """A file in UTF-8, with or without a byte order mark, comma-separated, lines ended by LF or CRLF."""

    path: Path
    header: tuple[str, ...]
    zone: ZoneInfo

    @classmethod
    def open(cls, path: Path, zone: ZoneInfo) -> CsvSource:
        """Read the header of `path`; raises `ImportRefused` when there is none to read."""
        with _opened(path) as (_, lines):
            first = next(lines, "")
        if first.encode("utf-8", "surrogateescape")[:2] in UTF16_MARKS:
            raise ImportRefused([f"{path.name}: is in UTF-16; save it as UTF-8."])
        header = next(csv.reader([first]), None)
        if not header:
            raise ImportRefused([f"{path.name}: is empty; its first line names the columns."])
        return cls(path, tuple(name.strip() for name in header), zone)

    def rows(self, share: Callable[[float], None]) -> Iterator[RawRow]:
        size = max(self.path.stat().st_size, 1)
        with _opened(self.path) as (raw, lines):
            reader = csv.reader(lines, strict=True)
            next(reader)
            while True:
                line = reader.line_num + 1
                try:
                    cells = next(reader, None)
                except csv.Error as error:
                    yield RawRow(line, (), f"the row cannot be read as CSV: {error}; look at its quotes")
                    continue
                if cells is None:
                    return
                if cells:
                    share(min(raw.tell() / size, 1.0))
                    yield RawRow(line, cells)


@dataclass(frozen=True)
class RecipeSource:
    """Rows made by a recipe; `line` counts them from 1."""

    recipe: str
    name: str
    header: tuple[str, ...]
    zone: ZoneInfo
    folder: Path
    make: Callable[[Path], Iterable[Row]]

    def rows(self, share: Callable[[float], None]) -> Iterator[RawRow]:
        known = frozenset(self.header)
        try:
            for line, row in enumerate(self.make(self.folder), start=1):
                if not row.keys() <= known:
                    unknown = ", ".join(sorted(row.keys() - known))
                    raise ImportRefused(
                        [f"The recipe {self.recipe} fills columns that {self.name} does not have: {unknown}."]
                    )
                yield RawRow(line, [row.get(name) for name in self.header])
        except FileNotFoundError as error:
            raise ImportRefused(
                [f"{error.filename} is missing; the recipe {self.recipe} reads it."]
            ) from error


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, io.TextIOWrapper]]:
    """The bytes on disk, which tell how far reading has come, and the text in them."""
    with path.open("rb") as raw:
        data: BinaryIO = raw
        if path.suffix == ".gz":
            data = gzip.GzipFile(fileobj=raw)  # type: ignore[assignment]  # it reads like any other file
        try:
            yield raw, io.TextIOWrapper(data, "utf-8-sig", errors="surrogateescape", newline="")
        except DAMAGED as error:
            raise ImportRefused([f"{path.name}: is damaged: {error}."]) from error
