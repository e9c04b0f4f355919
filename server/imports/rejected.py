"""Files of rejected rows: the original columns, the line and the reason, to be corrected and imported."""

from __future__ import annotations

import csv
import os
from collections.abc import AsyncIterator
from pathlib import Path

from server.imports.errors import ImportRefused
from server.imports.planning import OURS
from server.imports.sources import RowSource

PARTIAL = ".partial"


class RejectedRows:
    """Writes `<folder>/<name>.csv` for files with rejected rows; it shows once the import is committed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._written: list[Path] = []
        self._clean: list[Path] = []

    def check_folder(self) -> None:
        """Raise `ImportRefused` when rejected rows could not be written."""
        existing = self.folder
        while not existing.exists():
            existing = existing.parent
        if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
            raise self._unwritable()

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.csv"

    def none(self, name: str) -> None:
        """`name` has no rejected rows: a file left by an earlier import goes."""
        self._clean.append(self.path(name))

    async def write(self, name: str, source: RowSource, rejected: AsyncIterator[tuple[int, str]]) -> Path:
        """Go through `source` once more and keep the rows whose lines `rejected` names, in the same order."""
        path = self.path(name)
        kept = [place for place, column in enumerate(source.header) if column not in OURS]
        self._written.append(path)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with _partial(path).open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
                writer = csv.writer(file)
                writer.writerow([*(source.header[place] for place in kept), "line", "reason"])
                rows = source.rows(lambda _: None)
                async for line, reason in rejected:
                    cells = next(row.cells for row in rows if row.line == line)
                    given = [cells[place] if place < len(cells) else None for place in kept]
                    writer.writerow([*given, line, reason])
        except OSError as error:
            raise self._unwritable() from error
        return path

    def publish(self) -> None:
        """After the commit: show what was written."""
        for path in self._written:
            _partial(path).replace(path)
        for path in self._clean:
            path.unlink(missing_ok=True)
            _partial(path).unlink(missing_ok=True)

    def discard(self) -> None:
        """After a failure: leave nothing of this import behind."""
        for path in self._written:
            _partial(path).unlink(missing_ok=True)

    def _unwritable(self) -> ImportRefused:
        return ImportRefused(
            [f"Rejected rows cannot be written to {self.folder}; name another folder for them."]
        )


def _partial(path: Path) -> Path:
    return path.with_name(path.name + PARTIAL)
