"""The demo's subscriptions."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from modules.billing import demo, imports
from server.contracts.demo import DemoPlatform, DemoSeed
from server.contracts.imports import ImportFile, Row
from server.imports.engine import run_import
from server.testing import TestPlatform
from tests.modules.billing.asking import movements


def write(folder: Path, name: str, columns: Iterable[str], rows: Iterable[Row]) -> None:
    with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(columns))
        writer.writeheader()
        writer.writerows(rows)


def write_file(folder: Path, file: ImportFile, seed: DemoSeed) -> None:
    write(folder, file.name, [column.name for column in file.columns], demo.DEMO.rows[file.name](seed))


async def test_imports_whole_and_shows_every_kind_of_movement(platform: TestPlatform, tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    seed = DemoSeed(DemoPlatform("shops", "Shops", "UTC", "EUR", 40, 40, 0), today)
    joined = datetime.combine(today - timedelta(days=730), time(9)).isoformat()
    merchants = [{"external_id": id, "name": id, "created_at": joined} for id in seed.merchant_ids()]
    write(tmp_path, "merchants", ["external_id", "name", "created_at"], merchants)
    write_file(tmp_path, imports.SUBSCRIPTIONS, seed)
    write_file(tmp_path, imports.CHANGES, seed)

    report = await run_import(platform.facet, platform.record, tmp_path)

    assert [file.rejected for file in report.files] == [0, 0, 0]
    assert report.file("subscriptions").inserted == 79
    kinds = {kind for kind, *_ in await movements(platform)}
    assert kinds == {"new", "expansion", "contraction", "churn", "reactivation"}


def test_starts_switched_off_where_billing_is_not_wanted() -> None:
    assert demo.DEMO.off_on == ("loyalty",)
