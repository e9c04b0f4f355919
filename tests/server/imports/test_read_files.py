"""Reading files: whatever a spreadsheet or a program wrote."""

from __future__ import annotations

import gzip
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from server.imports.errors import ImportRefused
from server.imports.sources import CsvSource, RawRow

UTC = ZoneInfo("UTC")


def rows(path: Path, content: bytes) -> tuple[tuple[str, ...], list[RawRow]]:
    path.write_bytes(content)
    source = CsvSource.open(path, UTC)
    return source.header, list(source.rows(lambda _: None))


def test_reads_lines_ended_either_way(tmp_path: Path) -> None:
    for end in (b"\n", b"\r\n"):
        header, found = rows(tmp_path / "a.csv", b"id,name" + end + b"1,Ada" + end + b"2,Bob")

        assert header == ("id", "name")
        assert found == [RawRow(2, ["1", "Ada"]), RawRow(3, ["2", "Bob"])]


def test_passes_over_a_byte_order_mark_and_blanks_in_the_header(tmp_path: Path) -> None:
    header, _ = rows(tmp_path / "a.csv", b"\xef\xbb\xbfid , name\n")

    assert header == ("id", "name")


def test_keeps_line_breaks_in_quotes_and_counts_lines_as_an_editor_does(tmp_path: Path) -> None:
    _, found = rows(tmp_path / "a.csv", b'id,name\n1,"Ada\r\nLovelace"\n\n2,"said ""no"", twice"\n')

    assert found == [RawRow(2, ["1", "Ada\r\nLovelace"]), RawRow(5, ["2", 'said "no", twice'])]


def test_reads_compressed_files(tmp_path: Path) -> None:
    header, found = rows(tmp_path / "a.csv.gz", gzip.compress("id,name\n1,Zoë\n".encode()))

    assert header == ("id", "name")
    assert found == [RawRow(2, ["1", "Zoë"])]


def test_goes_on_after_a_badly_quoted_row(tmp_path: Path) -> None:
    _, found = rows(tmp_path / "a.csv", b'id,name\n1,"Ada" L\n2,Bob\n')

    problem = "the row cannot be read as CSV: ',' expected after '\"'; look at its quotes"
    assert found == [RawRow(2, (), problem), RawRow(3, ["2", "Bob"])]


def test_says_where_a_quote_is_never_closed(tmp_path: Path) -> None:
    _, found = rows(tmp_path / "a.csv", b'id,name\n1,Ada\n2,"Bob\n3,Eve\n')

    problem = "the row cannot be read as CSV: unexpected end of data; look at its quotes"
    assert found == [RawRow(2, ["1", "Ada"]), RawRow(3, (), problem)]


def test_marks_bytes_that_are_not_utf_8(tmp_path: Path) -> None:
    _, found = rows(tmp_path / "a.csv", b"id,name\n1,Zo\xeb\n2,Bob\n")

    assert found == [RawRow(2, ["1", "Zo\udceb"]), RawRow(3, ["2", "Bob"])]


def test_tells_the_share_that_was_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id\n" + "".join(f"{number}\n" for number in range(100_000)))
    shares: list[float] = []

    list(CsvSource.open(path, UTC).rows(shares.append))

    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.1
    assert shares[-1] == 1.0


@pytest.mark.parametrize("content", [b"", b"\n1,2\n"])
def test_refuses_a_file_without_a_header(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ImportRefused) as refused:
        rows(tmp_path / "a.csv", content)

    assert refused.value.problems == ("a.csv: is empty; its first line names the columns.",)


def test_refuses_utf_16(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused) as refused:
        rows(tmp_path / "a.csv", "id,name\n1,Ada\n".encode("utf-16"))

    assert refused.value.problems == ("a.csv: is in UTF-16; save it as UTF-8.",)


@pytest.mark.parametrize("cut", [slice(None, 40), slice(10, None)])
def test_refuses_a_damaged_archive(tmp_path: Path, cut: slice) -> None:
    content = gzip.compress(b"id,name\n" + b"".join(b"%d,Ada\n" % number for number in range(1000)))

    with pytest.raises(ImportRefused, match=r"a\.csv\.gz: is damaged"):
        rows(tmp_path / "a.csv.gz", content[cut])
