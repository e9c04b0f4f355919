"""Import merchants, stores and team members."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from modules.tenancy.testing import make_merchant, make_store, make_user
from server.imports.engine import run_import
from server.imports.report import ImportReport
from server.testing import TestPlatform

FILES = {
    "merchants": ["external_id,name,created_at", "m-1,Bakery,2024-01-01T09:00", "m-2,Books,2024-02-01T09:00"],
    "stores": [
        "external_id,merchant_id,name,created_at",
        "s-1,m-1,Corner,2024-01-02T09:00",
        "s-2,m-1,Station,2024-01-03T09:00",
    ],
    "team_members": [
        "external_id,merchant_id,email,name,role,created_at",
        "t-1,m-1,Ada@Example.com,Ada,owner,2024-01-01T09:00",
        "t-2,m-2,bob@example.com,Bob,clerk,2024-02-01T09:00",
    ],
}


def write(folder: Path, **changed: list[str]) -> Path:
    for name, lines in {**FILES, **changed}.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return folder


def counts(report: ImportReport) -> dict[str, tuple[int, int, int, int]]:
    return {file.name: (file.inserted, file.updated, file.unchanged, file.rejected) for file in report.files}


async def rows(platform: TestPlatform, statement: str) -> list[tuple[Any, ...]]:
    async with platform.context() as ctx:
        return [tuple(row) for row in await ctx.session.execute(text(statement))]


async def test_lands_every_row_once(platform: TestPlatform, tmp_path: Path) -> None:
    folder = write(tmp_path)

    first = await run_import(platform.facet, platform.record, folder)
    second = await run_import(platform.facet, platform.record, folder)

    assert counts(first) == dict.fromkeys(FILES, (2, 0, 0, 0))
    assert counts(second) == dict.fromkeys(FILES, (0, 0, 2, 0))
    assert await rows(platform, "SELECT external_id, name, created_at FROM tenancy_merchant ORDER BY 1") == [
        ("m-1", "Bakery", datetime(2024, 1, 1, 9, tzinfo=UTC)),
        ("m-2", "Books", datetime(2024, 2, 1, 9, tzinfo=UTC)),
    ]
    stores = """SELECT store.external_id, merchant.external_id, store.name FROM tenancy_store AS store
        JOIN tenancy_merchant AS merchant ON merchant.id = store.merchant_id ORDER BY 1"""
    assert await rows(platform, stores) == [("s-1", "m-1", "Corner"), ("s-2", "m-1", "Station")]
    members = "SELECT external_id, email, name, role, title, user_id FROM tenancy_membership ORDER BY 1"
    assert await rows(platform, members) == [
        ("t-1", "ada@example.com", "Ada", "merchant_member", "owner", None),
        ("t-2", "bob@example.com", "Bob", "merchant_member", "clerk", None),
    ]


async def test_changes_what_differs_and_nothing_else(platform: TestPlatform, tmp_path: Path) -> None:
    await run_import(platform.facet, platform.record, write(tmp_path))
    changed = write(
        tmp_path,
        merchants=[FILES["merchants"][0], "m-1,Bakery & Sons,2024-01-01T09:00", FILES["merchants"][2]],
        team_members=[FILES["team_members"][0], "t-1,m-2,ada@example.com,Ada,owner,2024-01-01T09:00"],
    )

    report = await run_import(platform.facet, platform.record, changed)

    assert counts(report) == {"merchants": (0, 1, 1, 0), "stores": (0, 0, 2, 0), "team_members": (0, 1, 0, 0)}
    assert await rows(platform, "SELECT name FROM tenancy_merchant ORDER BY external_id") == [
        ("Bakery & Sons",),
        ("Books",),
    ]


ADDRESSED = "external_id,merchant_id,name,created_at,city,region,postal_code,country_code,phone"
PLACES = """SELECT external_id, city, region, postal_code, country_code, phone
    FROM tenancy_store ORDER BY external_id"""


async def test_lands_addresses_once_and_changes_them_as_a_whole(
    platform: TestPlatform, other_platform: TestPlatform, tmp_path: Path
) -> None:
    corner, station = "s-1,m-1,Corner,2024-01-02T09:00", "s-2,m-1,Station,2024-01-03T09:00"
    write(tmp_path, stores=[ADDRESSED, f"{corner},Wiltz,Wiltz,L-9501,LU,+352 01 00 12", f"{station},,,,,"])
    first = await run_import(platform.facet, platform.record, tmp_path)
    second = await run_import(platform.facet, platform.record, tmp_path)
    write(tmp_path, stores=[ADDRESSED, f"{corner},Metz,,,FR,", f"{station},,,,,1"])

    third = await run_import(platform.facet, platform.record, tmp_path)

    assert [counts(report)["stores"] for report in (first, second, third)] == [
        (2, 0, 0, 0),
        (0, 0, 2, 0),
        (0, 2, 0, 0),
    ]
    assert await rows(platform, PLACES) == [
        ("s-1", "Metz", None, None, "FR", None),
        ("s-2", None, None, None, None, "1"),
    ]
    assert await rows(other_platform, PLACES) == []


async def test_leaves_known_addresses_alone_where_a_file_tells_none(
    platform: TestPlatform, tmp_path: Path
) -> None:
    corner = "s-1,m-1,Corner,2024-01-02T09:00"
    write(tmp_path, stores=[ADDRESSED, f"{corner},Wiltz,,L-9501,LU,"])
    await run_import(platform.facet, platform.record, tmp_path)

    without_cells = await run_import(
        platform.facet, platform.record, write(tmp_path, stores=[ADDRESSED, f"{corner},,,,,"])
    )
    renamed = corner.replace("Corner", "Edge")
    without_columns = await run_import(
        platform.facet, platform.record, write(tmp_path, stores=[FILES["stores"][0], renamed])
    )

    assert counts(without_cells)["stores"] == (0, 0, 1, 0)
    assert counts(without_columns)["stores"] == (0, 1, 0, 0)
    assert await rows(platform, PLACES) == [("s-1", "Wiltz", None, "L-9501", "LU", None)]


async def test_rejects_what_is_no_part_of_an_address(platform: TestPlatform, tmp_path: Path) -> None:
    lines = [f"s-{n},m-1,Corner,2024-01-02T09:00" for n in range(1, 6)]
    cells = ["Wiltz,,,lu,", "Wiltz,,,UK,", "Wiltz,,,LUX,", f"{'x' * 101},,,LU,", f",,,,{'1' * 41}"]
    write(tmp_path, stores=[ADDRESSED, *(f"{line},{cell}" for line, cell in zip(lines, cells, strict=True))])

    report = await run_import(platform.facet, platform.record, tmp_path, rejected_dir=tmp_path / "out")

    assert counts(report)["stores"] == (0, 0, 0, 5)
    with (tmp_path / "out" / "stores.csv").open(newline="") as file:
        reasons = [row["reason"] for row in csv.DictReader(file)]
    no_country = "country_code: is not a country code of ISO 3166-1 in capitals, such as LU"
    assert reasons == [
        no_country,
        no_country,
        "country_code: has 3 characters, at most 2 fit",
        "city: has 101 characters, at most 100 fit",
        "phone: has 41 characters, at most 40 fit",
    ]
    assert await rows(platform, PLACES) == []


async def test_rejects_unknown_merchants_and_stores_that_move(platform: TestPlatform, tmp_path: Path) -> None:
    await run_import(platform.facet, platform.record, write(tmp_path))
    folder = write(
        tmp_path,
        stores=[FILES["stores"][0], "s-1,m-2,Corner,2024-01-02T09:00", "s-3,m-9,Nowhere,2024-01-02T09:00"],
    )

    report = await run_import(platform.facet, platform.record, folder, rejected_dir=tmp_path / "out")

    assert counts(report)["stores"] == (0, 0, 0, 2)
    rejected = (tmp_path / "out" / "stores.csv").read_text()
    assert "stores do not move" in rejected
    assert "m-9" in rejected
    assert await rows(platform, "SELECT count(*) FROM tenancy_store") == [(2,)]


async def test_leaves_memberships_with_an_account_alone(platform: TestPlatform, tmp_path: Path) -> None:
    await run_import(platform.facet, platform.record, write(tmp_path))
    async with platform.context() as ctx:
        user = await make_user(ctx)
        await ctx.session.execute(
            text("UPDATE tenancy_membership SET user_id = :user WHERE external_id = 't-1'"), {"user": user.id}
        )

    report = await run_import(platform.facet, platform.record, tmp_path, rejected_dir=tmp_path / "out")

    assert counts(report)["team_members"] == (0, 0, 1, 1)


async def test_keeps_platforms_apart(
    platform: TestPlatform, other_platform: TestPlatform, tmp_path: Path
) -> None:
    async with other_platform.context() as ctx:
        merchant = await make_merchant(ctx, external_id="m-1", name="Theirs")
        await make_store(ctx, merchant.id, external_id="s-1", name="Theirs")

    report = await run_import(platform.facet, platform.record, write(tmp_path))

    assert counts(report) == dict.fromkeys(FILES, (2, 0, 0, 0))
    assert await rows(other_platform, "SELECT name FROM tenancy_store") == [("Theirs",)]
    assert await rows(platform, "SELECT name FROM tenancy_merchant ORDER BY 1") == [("Bakery",), ("Books",)]
