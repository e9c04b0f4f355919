"""Planning an import: the order of files, and everything that is wrong before a row is read."""

from __future__ import annotations

import gzip
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from server.contracts.imports import Column, ColumnKind, ImportFile, Recipe
from server.contracts.module import ModuleDefinition
from server.errors import ConfigurationError
from server.imports.errors import ImportRefused
from server.imports.planning import Planner, in_order


def file(name: str, *references: str) -> ImportFile:
    columns = [Column("external_id"), Column("name", required=False)]
    columns += [Column(f"{other}_id", ColumnKind.REFERENCE, references=other) for other in references]
    return ImportFile(name, f"The {name}.", tuple(columns), table=name, merge="")


SHELVES = ModuleDefinition(
    code="shelves",
    name="Shelves",
    description="Where books stand.",
    imports=(file("shelves", "rooms"), file("rooms")),
)
BOOKS = ModuleDefinition(
    code="books",
    name="Books",
    description="What is read.",
    requires=("shelves",),
    imports=(file("books", "shelves"),),
    recipes=(
        Recipe("library", "A library.", {"books": lambda _: [], "rooms": lambda _: []}, zone="Asia/Tokyo"),
    ),
)


def planner(*enabled: str) -> Planner:
    return Planner([BOOKS, SHELVES], enabled or ("books", "shelves"), ZoneInfo("Europe/Paris"))


def problems(folder: Path, *enabled: str) -> tuple[str, ...]:
    with pytest.raises(ImportRefused) as refused:
        planner(*enabled).folder(folder)
    return refused.value.problems


def test_reads_files_after_those_they_refer_to(tmp_path: Path) -> None:
    (tmp_path / "books.csv").write_text("external_id,shelves_id\n")
    (tmp_path / "shelves.csv").write_text("external_id,rooms_id\n")
    (tmp_path / "rooms.csv.gz").write_bytes(gzip.compress(b"name,external_id\n"))

    plan = planner().folder(tmp_path)

    assert [planned.file.name for planned in plan.files] == ["rooms", "shelves", "books"]
    assert plan.files[0].source.header == ("name", "external_id")
    assert plan.warnings == ()


def test_warns_of_files_nobody_reads(tmp_path: Path) -> None:
    for name in ("rooms.csv", "books.csv", "room.csv", "weather.csv.gz", "notes.txt"):
        (tmp_path / name).write_text("external_id\n")

    plan = planner("shelves").folder(tmp_path)

    assert [planned.file.name for planned in plan.files] == ["rooms"]
    assert plan.warnings == (
        "books.csv was left aside: it belongs to the module books, which is off here.",
        "room.csv was left aside: no enabled module reads room.csv. Did you mean rooms?",
        "weather.csv.gz was left aside: no enabled module reads weather.csv.",
    )


def test_names_every_problem_of_every_header(tmp_path: Path) -> None:
    (tmp_path / "rooms.csv").write_text("external_id,naem,name,name\n")
    (tmp_path / "shelves.csv").write_text("external_id,\n")
    (tmp_path / "books.csv").write_text("external_id;shelves_id\n")

    assert problems(tmp_path) == (
        "rooms.csv: the column name is there twice.",
        "rooms.csv: the column naem is unknown. Did you mean name?",
        "shelves.csv: the column (without a name) is unknown.",
        "shelves.csv: lacks rooms_id; its columns are external_id, name, rooms_id.",
        "books.csv: its columns are not separated by commas; save it as comma-separated values.",
    )


def test_takes_the_columns_of_a_file_of_rejected_rows(tmp_path: Path) -> None:
    (tmp_path / "rooms.csv").write_text("external_id,line,reason\n")

    assert planner().folder(tmp_path).files[0].source.header == ("external_id", "line", "reason")


def test_refuses_a_file_that_is_there_plain_and_compressed(tmp_path: Path) -> None:
    (tmp_path / "rooms.csv").write_text("external_id\n")
    (tmp_path / "rooms.csv.gz").write_bytes(gzip.compress(b"external_id\n"))

    assert problems(tmp_path) == ("rooms.csv and rooms.csv.gz are both there; keep one of them.",)


def test_refuses_a_folder_without_any_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "books.csv").write_text("external_id\n")

    assert problems(tmp_path, "shelves") == (
        f"{tmp_path} holds no file that an enabled module reads; they read rooms.csv, shelves.csv.",
    )


def test_refuses_what_is_no_folder(tmp_path: Path) -> None:
    assert problems(tmp_path / "absent") == (f"{tmp_path / 'absent'} is not a folder.",)


def test_plans_a_recipe_in_the_data_s_own_zone(tmp_path: Path) -> None:
    plan = planner().recipe(tmp_path, "library")

    assert [planned.file.name for planned in plan.files] == ["rooms", "books"]
    assert plan.files[0].source.zone == ZoneInfo("Asia/Tokyo")


def test_refuses_a_recipe_nobody_has_or_whose_module_is_off(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="There is no recipe market; the installed modules bring library"):
        planner().recipe(tmp_path, "market")
    with pytest.raises(
        ImportRefused, match="The recipe library belongs to the module books, which is off here"
    ):
        planner("shelves").recipe(tmp_path, "library")


def test_refuses_declarations_without_an_order() -> None:
    with pytest.raises(ConfigurationError, match="in a circle"):
        in_order([file("a", "b"), file("b", "a")])
    with pytest.raises(ConfigurationError, match="Import file a refers to b, which nobody declares"):
        in_order([file("a", "b")])


def test_lets_a_file_refer_to_rows_of_its_own_kind() -> None:
    assert [found.name for found in in_order([file("a", "a")])] == ["a"]
