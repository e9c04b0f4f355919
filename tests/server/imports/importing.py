"""A program that imports a folder and stops for ever once it has read `stop_after` rows of `stop_in`.

python -m tests.server.imports.importing <database url> <platform id> <folder> <stop_in> <stop_after>
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import server.auth.models  # the audit log refers to its tables
import server.platforms.models  # noqa: F401
from server.context import PlatformRecord
from server.db.session import Database
from server.imports.engine import run_import
from server.imports.report import Progress
from tests.server.imports.library import Application


def main(url: str, platform_id: int, folder: Path, stop_in: str, stop_after: int) -> None:
    def report(progress: Progress) -> None:
        if progress.file == stop_in and progress.rows_read >= stop_after:
            sys.stdout.write("stopped\n")
            sys.stdout.flush()
            sys.stdin.read()

    async def run() -> None:
        database = Database.connect(url, owns_role=True, pool_size=1, statement_timeout_ms=5_000)
        platform = PlatformRecord(platform_id, "p", "P", "UTC", "EUR")
        await run_import(Application(database), platform, folder, report=report)

    asyncio.run(run())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
