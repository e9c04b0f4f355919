"""Rejecting rows: the wrong ones are set aside with their reasons, the others land."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from server.imports.engine import run_import
from server.imports.errors import ImportRefused
from server.testing import TestPlatform
from tests.server.imports.conftest import Rows
from tests.server.imports.library import Application, write

SHELVES = """
    external_id,label
    s1,Novels
"""


def rejected(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "rejected" / f"{name}.csv").open(
        encoding="utf-8", errors="surrogateescape", newline=""
    ) as file:
        return list(csv.DictReader(file))


def reasons(folder: Path, name: str) -> dict[int, str]:
    return {int(row["line"]): row["reason"] for row in rejected(folder, name)}


async def test_names_line_and_reason_and_keeps_the_cells(
    application: Application, platform: TestPlatform, rows: Rows, tmp_path: Path
) -> None:
    write(
        tmp_path,
        shelves=SHELVES,
        books="""
            title,external_id,shelf_id,price,currency,bought_at,lost_at
            Emma,b1,s1,1.00,GBP,2024-01-02,2024-01-03
            Emma,b2,s9,1.00,GBP,2024-01-02,
            Emma,b3,s1,-1,GBP,2024-01-02,
            Emma,b4,s1,1.00,GBP,2024-01-02,2024-01-01
            Emma,b5,s1,1.00,,2024-01-02,2024-01-01
            ,b6,s1,,,,
        """,
    )

    report = await run_import(application, platform.record, tmp_path)

    assert (report.file("books").inserted, report.file("books").rejected) == (1, 5)
    assert report.file("books").rejected_file == tmp_path / "rejected" / "books.csv"
    assert reasons(tmp_path, "books") == {
        3: "shelf_id: shelves has no row with the external id “s9”",
        4: "price: -1 is below 0",
        5: "lost_at: is before bought_at, which isn't possible",
        6: "lost_at: is before bought_at, which isn't possible; currency: is empty beside a price",
        7: "title: is empty and must not be",
    }
    assert rejected(tmp_path, "books")[0] == {
        "title": "Emma",
        "external_id": "b2",
        "shelf_id": "s9",
        "price": "1.00",
        "currency": "GBP",
        "bought_at": "2024-01-02",
        "lost_at": "",
        "line": "3",
        "reason": "shelf_id: shelves has no row with the external id “s9”",
    }
    assert await rows("SELECT external_id FROM sample_book") == [("b1",)]


async def test_takes_the_first_of_several_rows_with_one_key(
    application: Application, platform: TestPlatform, rows: Rows, tmp_path: Path
) -> None:
    write(tmp_path, shelves="external_id,label\ns1,A\ns2,B\ns1,C\n s1 ,D")

    await run_import(application, platform.record, tmp_path)

    assert reasons(tmp_path, "shelves") == {
        4: "external_id: the same as in line 2, which was taken",
        5: "external_id: the same as in line 2, which was taken",
    }
    assert await rows("SELECT label FROM sample_shelf ORDER BY 1") == [("A",), ("B",)]


async def test_takes_a_later_row_when_the_first_is_wrong_otherwise(
    application: Application, platform: TestPlatform, rows: Rows, tmp_path: Path
) -> None:
    write(tmp_path, shelves=SHELVES, books="external_id,shelf_id,title\nb1,s9,Emma\nb1,s1,Persuasion")

    await run_import(application, platform.record, tmp_path)

    assert reasons(tmp_path, "books") == {2: "shelf_id: shelves has no row with the external id “s9”"}
    assert await rows("SELECT title FROM sample_book") == [("Persuasion",)]


async def test_compares_keys_of_several_columns_by_what_they_mean(
    application: Application, platform: TestPlatform, tmp_path: Path
) -> None:
    write(
        tmp_path,
        shelves=SHELVES,
        books="external_id,shelf_id,title\nb1,s1,Emma",
        readings="""
            book_id,at,reader
            b1,2024-01-01T00:00:00Z,a@example.com
            b1,2024-01-01T01:00:00+01:00,b@example.com
            b1,2024-01-01T01:00:00Z,b@example.com
        """,
    )

    report = await run_import(application, platform.record, tmp_path)

    assert report.file("readings").inserted == 2
    assert reasons(tmp_path, "readings") == {3: "book_id, at: the same as in line 2, which was taken"}


async def test_rejects_what_cannot_be_read_or_stored(
    application: Application, platform: TestPlatform, rows: Rows, tmp_path: Path
) -> None:
    (tmp_path / "shelves.csv").write_bytes(
        b'external_id,label\r\ns1,Zo\xeb\r\ns2,N\x00L\r\ns3,"quo"ted\r\ns4\r\n"s\r\n5",ok\r\n\r\ns6,ok\r\n'
    )

    report = await run_import(application, platform.record, tmp_path)

    assert (report.file("shelves").inserted, report.file("shelves").rejected) == (2, 4)
    assert reasons(tmp_path, "shelves") == {
        2: "the row holds a NUL or bytes that are not UTF-8",
        3: "the row holds a NUL or bytes that are not UTF-8",
        4: "the row cannot be read as CSV: ',' expected after '\"'; look at its quotes",
        5: "the row has 1 cells and the header 2",
    }
    assert await rows("SELECT external_id FROM sample_shelf ORDER BY id") == [("s\r\n5",), ("s6",)]


async def test_takes_corrected_rows_from_the_folder_of_rejected_ones(
    application: Application, platform: TestPlatform, rows: Rows, tmp_path: Path
) -> None:
    write(tmp_path, shelves=SHELVES, books="external_id,shelf_id,title\nb1,s9,Emma")
    await run_import(application, platform.record, tmp_path)
    file = tmp_path / "rejected" / "books.csv"
    file.write_text(file.read_text().replace("s9,", "s1,"))

    report = await run_import(application, platform.record, tmp_path / "rejected")

    assert report.file("books").inserted == 1
    assert await rows("SELECT external_id FROM sample_book") == [("b1",)]


async def test_removes_the_rejected_rows_of_an_earlier_import(
    application: Application, platform: TestPlatform, tmp_path: Path
) -> None:
    write(tmp_path, shelves="external_id,label\n,A")
    await run_import(application, platform.record, tmp_path)
    assert reasons(tmp_path, "shelves") == {2: "external_id: is empty and must not be"}
    write(tmp_path, shelves=SHELVES)

    report = await run_import(application, platform.record, tmp_path)

    assert report.file("shelves").rejected_file is None
    assert list((tmp_path / "rejected").iterdir()) == []


async def test_leaves_no_rejected_rows_behind_when_nothing_was_imported(
    application: Application, platform: TestPlatform, tmp_path: Path
) -> None:
    write(tmp_path, shelves="external_id,label\n,A")
    (tmp_path / "books.csv.gz").write_bytes(b"\x1f\x8b broken")

    with pytest.raises(ImportRefused):
        await run_import(application, platform.record, tmp_path)

    assert not (tmp_path / "rejected").exists()


async def test_writes_them_where_it_is_told(
    application: Application, platform: TestPlatform, tmp_path: Path
) -> None:
    folder, aside = tmp_path / "data", tmp_path / "aside" / "today"
    folder.mkdir()
    write(folder, shelves="external_id,label\n,A")

    report = await run_import(application, platform.record, folder, rejected_dir=aside)

    assert report.file("shelves").rejected_file == aside / "shelves.csv"
    assert [path.name for path in folder.iterdir()] == ["shelves.csv"]


async def test_refuses_when_they_cannot_be_written(
    application: Application, platform: TestPlatform, rows: Rows, tmp_path: Path
) -> None:
    write(tmp_path, shelves="external_id,label\ns1,A\n,A")
    (tmp_path / "taken").write_text("a file where the folder should be")

    with pytest.raises(
        ImportRefused, match=r"Rejected rows cannot be written to .*taken; name another folder"
    ):
        await run_import(application, platform.record, tmp_path, rejected_dir=tmp_path / "taken")

    assert await rows("SELECT count(*) FROM sample_shelf") == [(0,)]


async def test_rejects_every_row_of_a_file_in_any_number(
    application: Application, platform: TestPlatform, tmp_path: Path
) -> None:
    lines = "".join(f"s{number},{'x' * 201}\n" for number in range(10_500))
    write(tmp_path, shelves=f"external_id,label\n{lines}")

    report = await run_import(application, platform.record, tmp_path)

    assert (report.file("shelves").inserted, report.file("shelves").rejected) == (0, 10_500)
    assert list(reasons(tmp_path, "shelves")) == list(range(2, 10_502))
