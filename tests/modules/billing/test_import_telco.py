"""The recipe for IBM's churn data, compared with the file counted by hand."""

from __future__ import annotations

import csv
import gzip
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from server.imports.engine import run_import
from server.testing import TestPlatform

DATA = Path(__file__).parents[4] / "shared" / "data" / "telco"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the data set telco is not beside the project")


def customers() -> list[dict[str, str]]:
    with gzip.open(DATA / "subscriptions.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def first_month(row: dict[str, str]) -> tuple[int, int]:
    """Year and month in which a customer's subscription began."""
    year, month = 2020, 1
    for _ in range(int(row["tenure"])):
        year, month = (year - 1, 12) if month == 1 else (year, month - 1)
    return year, month


async def numbers(platform: TestPlatform, day: str) -> dict[str, Any]:
    result = await platform.execute(
        f"""{{ platformMetrics(context: {{dateFrom: "{day}", dateTo: "{day}"}}) {{ billing {{
            activeSubscriptions {{ value }} mrr {{ value currency }} payingMerchants {{ value }}
            newMrr {{ value }} churnedMrr {{ value }}
        }} }} }}"""
    )
    assert result.errors == []
    assert result.data is not None
    found = result.data["platformMetrics"]["billing"]
    assert found["mrr"]["currency"] == "USD"
    return {name: value["value"] for name, value in found.items()}


async def test_agrees_with_the_file(platform: TestPlatform, tmp_path: Path) -> None:
    rows = customers()
    charges = {row["customerID"]: Decimal(row["MonthlyCharges"]) for row in rows}
    left = [row for row in rows if row["Churn"] == "Yes"]
    stayed = [row for row in rows if row["Churn"] == "No"]
    began_before = [row for row in rows if first_month(row) < (2020, 1)]
    began_then = [row for row in rows if first_month(row) == (2020, 1)]
    mid_2018 = [row for row in rows if first_month(row) <= (2018, 7)]

    report = await run_import(
        platform.facet, platform.record, DATA, recipe="telco", rejected_dir=tmp_path / "rejected"
    )

    assert {file.name: (file.inserted, file.rejected) for file in report.files} == {
        "merchants": (7_043, 0),
        "subscriptions": (7_043, 0),
    }

    def total(of: list[dict[str, str]]) -> str:
        return f"{sum(charges[row['customerID']] for row in of):.2f}"

    reference_day = await numbers(platform, "2020-01-01")
    assert reference_day == {
        "activeSubscriptions": len(stayed),
        "mrr": total(stayed),
        "payingMerchants": len(stayed),
        "newMrr": total(began_then),
        "churnedMrr": total(left),
    }
    day_before = await numbers(platform, "2019-12-31")
    assert day_before["activeSubscriptions"] == len(began_before)
    assert day_before["mrr"] == total(began_before)
    earlier = await numbers(platform, "2018-07-15")
    assert (earlier["activeSubscriptions"], earlier["mrr"]) == (len(mid_2018), total(mid_2018))


async def test_changes_nothing_the_second_time(platform: TestPlatform, tmp_path: Path) -> None:
    for expected in ((7_043, 0), (0, 7_043)):
        report = await run_import(
            platform.facet, platform.record, DATA, recipe="telco", rejected_dir=tmp_path / "rejected"
        )
        assert [(file.inserted, file.unchanged) for file in report.files] == [expected, expected]
