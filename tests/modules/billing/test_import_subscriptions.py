"""Importing subscriptions and what changed about them."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from modules.billing.models import MrrMovement, Subscription, SubscriptionChange, Tier
from server.imports.engine import run_import
from server.imports.report import FileReport
from server.testing import TestPlatform
from tests.modules.billing.asking import movements

MERCHANT = {"external_id": "m-1", "name": "Ada", "created_at": "2024-01-01"}
SUBSCRIPTION = {
    "external_id": "s-1",
    "merchant_id": "m-1",
    "tier": "gold",
    "amount": "50.00",
    "currency": "EUR",
    "interval": "month",
    "interval_count": "1",
    "quantity": "1",
    "started_at": "2024-01-01T00:00:00Z",
}
CHANGE = {"subscription_id": "s-1", "at": "2024-02-01T00:00:00Z"}


def write(folder: Path, name: str, rows: list[dict[str, str]]) -> None:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


async def load(
    platform: TestPlatform,
    folder: Path,
    subscriptions: list[dict[str, str]],
    changes: list[dict[str, str]] | None = None,
) -> dict[str, FileReport]:
    write(folder, "merchants", [MERCHANT])
    write(folder, "subscriptions", subscriptions)
    if changes is not None:
        write(folder, "subscription_changes", changes)
    report = await run_import(platform.facet, platform.record, folder)
    return {file.name: file for file in report.files}


def counts(report: FileReport) -> tuple[int, int, int, int]:
    return report.inserted, report.updated, report.unchanged, report.rejected


async def stored(platform: TestPlatform, model: Any) -> list[Any]:
    async with platform.context() as ctx:
        return list((await ctx.session.execute(select(model).order_by(model.id))).scalars())


def reason(folder: Path, name: str) -> str:
    with next((folder / "rejected").glob(f"{name}*")).open(encoding="utf-8", newline="") as file:
        return " ".join(" ".join(row.values()) for row in csv.DictReader(file))


async def test_stores_terms_and_creates_the_tier(platform: TestPlatform, tmp_path: Path) -> None:
    done = await load(platform, tmp_path, [SUBSCRIPTION])

    assert counts(done["subscriptions"]) == (1, 0, 0, 0)
    [tier] = await stored(platform, Tier)
    assert (tier.code, tier.amount_minor, tier.currency, tier.interval) == ("gold", 5_000, "EUR", "month")
    [row] = await stored(platform, Subscription)
    assert (row.external_id, row.tier_id, row.amount_minor, row.quantity) == ("s-1", tier.id, 5_000, 1)
    assert row.started_at == datetime(2024, 1, 1, tzinfo=UTC)
    assert await movements(platform) == [("new", "start", 5_000, 5_000)]


async def test_stores_changes_and_keeps_what_they_leave_empty(platform: TestPlatform, tmp_path: Path) -> None:
    changes = [
        CHANGE | {"quantity": "3"},
        CHANGE | {"at": "2024-03-01T00:00:00Z", "amount": "60", "tier": "platinum"},
        CHANGE | {"at": "2024-04-01T00:00:00Z", "status": "paused"},
    ]

    done = await load(platform, tmp_path, [SUBSCRIPTION], changes)

    assert counts(done["subscription_changes"]) == (3, 0, 0, 0)
    assert [tier.code for tier in await stored(platform, Tier)] == ["gold", "platinum"]
    first = (await stored(platform, SubscriptionChange))[0]
    assert (first.quantity, first.amount_minor, first.tier_id, first.status) == (3, None, None, None)
    assert await movements(platform) == [
        ("new", "start", 5_000, 5_000),
        ("expansion", "quantity", 10_000, 15_000),
        ("expansion", "tier", 3_000, 18_000),
        ("churn", "pause", -18_000, 0),
    ]


async def test_changes_nothing_the_second_time(platform: TestPlatform, tmp_path: Path) -> None:
    changes = [CHANGE | {"quantity": "3"}]
    await load(platform, tmp_path, [SUBSCRIPTION], changes)
    before = [(line.id, line.recorded_at) for line in await stored(platform, MrrMovement)]

    done = await load(platform, tmp_path, [SUBSCRIPTION], changes)

    assert counts(done["subscriptions"]) == (0, 0, 1, 0)
    assert counts(done["subscription_changes"]) == (0, 0, 1, 0)
    assert [(line.id, line.recorded_at) for line in await stored(platform, MrrMovement)] == before


async def test_corrects_the_ledger_with_a_correction(platform: TestPlatform, tmp_path: Path) -> None:
    await load(platform, tmp_path, [SUBSCRIPTION])

    done = await load(platform, tmp_path, [SUBSCRIPTION | {"ended_at": "2024-01-20T00:00:00Z"}])

    assert counts(done["subscriptions"]) == (0, 1, 0, 0)
    assert await movements(platform) == [("new", "start", 5_000, 5_000), ("churn", "end", -5_000, 0)]


async def test_takes_amounts_in_the_digits_of_the_currency(platform: TestPlatform, tmp_path: Path) -> None:
    rows = [
        SUBSCRIPTION | {"external_id": "yen", "currency": "JPY", "amount": "900", "tier": "yen"},
        SUBSCRIPTION | {"external_id": "dinar", "currency": "KWD", "amount": "1.125", "tier": "dinar"},
    ]

    await load(platform, tmp_path, rows, [CHANGE | {"subscription_id": "dinar", "amount": "1.250"}])

    amounts = {row.external_id: row.amount_minor for row in await stored(platform, Subscription)}
    assert amounts == {"yen": 900, "dinar": 1_125}
    assert [change.amount_minor for change in await stored(platform, SubscriptionChange)] == [1_250]


async def test_rejects_rows_that_cannot_be_and_takes_the_others(
    platform: TestPlatform, tmp_path: Path
) -> None:
    rows = [
        SUBSCRIPTION,
        SUBSCRIPTION | {"external_id": "a", "amount": "1.005"},
        SUBSCRIPTION | {"external_id": "b", "ended_at": "2023-12-31T00:00:00Z"},
        SUBSCRIPTION | {"external_id": "c", "merchant_id": "m-9"},
        SUBSCRIPTION | {"external_id": "d", "interval": "decade"},
        SUBSCRIPTION | {"external_id": "e", "amount": "-1"},
        SUBSCRIPTION | {"external_id": "f", "amount": "9e15", "quantity": "9999999"},
    ]
    changes = [
        CHANGE | {"status": "active"},
        CHANGE | {"at": "2023-12-01T00:00:00Z", "status": "active"},
        CHANGE | {"at": "2024-03-01T00:00:00Z"},
        CHANGE | {"at": "2024-03-02T00:00:00Z", "amount": "0.001"},
        CHANGE | {"at": "2024-03-03T00:00:00Z", "status": "ended"},
    ]

    done = await load(platform, tmp_path, rows, changes)

    assert counts(done["subscriptions"]) == (1, 0, 0, 6)
    assert counts(done["subscription_changes"]) == (1, 0, 0, 4)
    told = reason(tmp_path, "subscriptions")
    assert "more decimals than its currency" in told
    assert "ended_at: before started_at" in told
    assert "at: before the subscription began" in reason(tmp_path, "subscription_changes")


async def test_leaves_a_subscription_with_its_merchant(platform: TestPlatform, tmp_path: Path) -> None:
    await load(platform, tmp_path, [SUBSCRIPTION])
    write(tmp_path, "merchants", [MERCHANT, MERCHANT | {"external_id": "m-2"}])
    write(tmp_path, "subscriptions", [SUBSCRIPTION | {"merchant_id": "m-2"}])

    report = await run_import(platform.facet, platform.record, tmp_path)

    assert [counts(file)[3] for file in report.files if file.name == "subscriptions"] == [1]
    assert await movements(platform) == [("new", "start", 5_000, 5_000)]


async def test_stays_on_its_platform(
    platform: TestPlatform, other_platform: TestPlatform, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    await load(other_platform, tmp_path / "other", [SUBSCRIPTION])

    done = await load(platform, tmp_path, [SUBSCRIPTION])

    assert counts(done["subscriptions"]) == (1, 0, 0, 0)
    assert len(await stored(platform, Subscription)) == 1
    assert len(await stored(other_platform, Subscription)) == 1
