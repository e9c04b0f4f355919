"""Installations with the data of `data.py` that are kept from one run to the next."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.benchmarks import data
from tests.benchmarks.installation import ROOT, Installation

KEPT = timedelta(days=5)
"""Older data is written anew: numbers of the last thirty days would be about fewer and fewer events."""


def prepared(folder: Path, merchants: int = data.MERCHANTS) -> Installation:
    """The installation in `folder` for a `with` block; written first unless it is there and up to date."""
    folder = folder.resolve()
    mark = folder / "written"
    if not (mark.exists() and mark.read_text() == _made_of(merchants) and _age(mark) < KEPT):
        sys.stdout.write(f"\nWriting {merchants:,} merchants into {folder} (once, a minute or two) …\n")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        with Installation(folder) as installation:
            installation.facet("migrate")
            asyncio.run(data.fill(installation.postgres.owner_url, merchants))
        mark.write_text(_made_of(merchants))
    return Installation(folder)


def _made_of(merchants: int) -> str:
    """What the rows follow from: the code that writes them and the migrations."""
    files = [Path(data.__file__), *sorted(ROOT.glob("migrations/versions/*.py"))]
    files += sorted(ROOT.glob("modules/*/migrations/*.py"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    return f"{merchants} merchants, {digest}"


def _age(path: Path) -> timedelta:
    return datetime.now(UTC) - datetime.fromtimestamp(path.stat().st_mtime, UTC)


def main(folder: str, merchants: str = str(data.MERCHANTS)) -> None:
    """Write the data and leave it there."""
    with prepared(Path(folder), int(merchants)):
        pass


if __name__ == "__main__":
    main(*sys.argv[1:])
