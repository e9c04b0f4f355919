"""What an import tells while it runs and when it is done."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Progress:
    """`rows_read` of `file` so far. `rows_total` when it is known beforehand; `share` is the part of the
    file's bytes that was read, 0 to 1, when there is one file to measure. The last report of a file is
    `done`."""

    file: str
    rows_read: int
    rows_total: int | None = None
    share: float | None = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file's rows: `read` is the sum of the four counts after it."""

    name: str
    read: int
    inserted: int
    updated: int
    unchanged: int
    rejected: int
    rejected_file: Path | None = None

    def counts(self) -> dict[str, Any]:
        """The numbers alone, for the audit log."""
        return {key: value for key, value in asdict(self).items() if isinstance(value, int)}


@dataclass(frozen=True, slots=True)
class ImportReport:
    """An import that was committed. `warnings` name what was left aside and why."""

    files: tuple[FileReport, ...]
    warnings: tuple[str, ...] = ()

    def file(self, name: str) -> FileReport:
        """The report on `<name>.csv`; raises `KeyError` when it was not read."""
        return {file.name: file for file in self.files}[name]
