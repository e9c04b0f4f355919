"""Which files an import reads, in which order, and what is wrong with them before a row is read."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from zoneinfo import ZoneInfo

from server.contracts.imports import ImportFile, Recipe
from server.contracts.module import ModuleDefinition
from server.errors import ConfigurationError
from server.imports.errors import ImportRefused
from server.imports.sources import CsvSource, RecipeSource, RowSource

SUFFIXES = (".csv", ".csv.gz")
OURS = frozenset({"line", "reason"})
"""Columns of a file of rejected rows; passed over, so that it can be corrected and imported."""


@dataclass(frozen=True)
class PlannedFile:
    file: ImportFile
    source: RowSource


@dataclass(frozen=True)
class Plan:
    """Files in the order they are read, and what is left aside."""

    files: tuple[PlannedFile, ...]
    warnings: tuple[str, ...]


class Planner:
    """Plans imports for a platform that has the modules `enabled` out of `modules` switched on."""

    def __init__(self, modules: Iterable[ModuleDefinition], enabled: Collection[str], zone: ZoneInfo) -> None:
        self._owners: dict[str, str] = {}
        self._recipes: dict[str, tuple[str, Recipe]] = {}
        declared: list[ImportFile] = []
        for module in modules:
            self._owners.update((file.name, module.code) for file in module.imports)
            self._recipes.update((recipe.code, (module.code, recipe)) for recipe in module.recipes)
            if module.code in enabled:
                declared.extend(module.imports)
        self.files = {file.name: file for file in in_order(declared)}
        self._enabled = enabled
        self._zone = zone

    def folder(self, folder: Path) -> Plan:
        """Import the CSV files in `folder`; raises `ImportRefused` with every problem of every file."""
        if not folder.is_dir():
            raise ImportRefused([f"{folder} is not a folder."])
        found = dict(_csv_files(folder))
        problems: list[str] = []
        planned: list[PlannedFile] = []
        for file in self.files.values():
            paths = found.pop(file.name, [])
            if len(paths) > 1:
                both = " and ".join(path.name for path in paths)
                problems.append(f"{both} are both there; keep one of them.")
            elif paths:
                try:
                    source = CsvSource.open(paths[0], self._zone)
                except ImportRefused as refused:
                    problems.extend(refused.problems)
                else:
                    problems.extend(header_problems(file, source.header, paths[0].name))
                    planned.append(PlannedFile(file, source))
        if not planned and not problems:
            known = ", ".join(f"{name}.csv" for name in self.files) or "none at all"
            problems.append(f"{folder} holds no file that an enabled module reads; they read {known}.")
        if problems:
            raise ImportRefused(problems)
        return Plan(
            tuple(planned), tuple(self._left_aside(path.name, name) for name, (path, *_) in found.items())
        )

    def recipe(self, folder: Path, code: str) -> Plan:
        """Import what the recipe `code` makes of the foreign files in `folder`; raises `ImportRefused`."""
        if not folder.is_dir():
            raise ImportRefused([f"{folder} is not a folder."])
        if code not in self._recipes:
            known = ", ".join(sorted(self._recipes)) or "none"
            raise ImportRefused([f"There is no recipe {code}; the installed modules bring {known}."])
        owner, recipe = self._recipes[code]
        if owner not in self._enabled:
            raise ImportRefused([f"The recipe {code} belongs to the module {owner}, which is off here."])
        zone = ZoneInfo(recipe.zone) if recipe.zone else self._zone
        planned = [
            PlannedFile(
                file,
                RecipeSource(
                    recipe=code,
                    name=name,
                    header=tuple(column.name for column in file.columns),
                    zone=zone,
                    folder=folder,
                    make=recipe.files[name],
                ),
            )
            for name, file in self.files.items()
            if name in recipe.files
        ]
        left = [name for name in recipe.files if name not in self.files]
        return Plan(tuple(planned), tuple(self._left_aside(f"{name} of the recipe", name) for name in left))

    def _left_aside(self, what: str, name: str) -> str:
        owner = self._owners.get(name)
        if owner and owner not in self._enabled:
            return f"{what} was left aside: it belongs to the module {owner}, which is off here."
        return f"{what} was left aside: no enabled module reads {name}.csv.{_hint(name, self.files)}"


def in_order(files: Iterable[ImportFile]) -> Sequence[ImportFile]:
    """`files` so that each comes after those it refers to; raises `ConfigurationError` when that cannot
    be."""
    by_name = {file.name: file for file in files}
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for file in by_name.values():
        sorter.add(file.name)
        for name in referenced(file):
            if name not in by_name:
                raise ConfigurationError(f"Import file {file.name} refers to {name}, which nobody declares.")
            if name != file.name:
                sorter.add(file.name, name)
    try:
        return [by_name[name] for name in sorter.static_order()]
    except CycleError as error:
        raise ConfigurationError(f"Import files refer to each other in a circle: {error.args[1]}") from error


def referenced(file: ImportFile) -> list[str]:
    """The names of the files that columns of `file` refer to."""
    return [column.references for column in file.columns if column.references]


def header_problems(file: ImportFile, header: Sequence[str], path: str) -> Iterator[str]:
    """What is wrong with the first line of a file, in sentences that name the file and its columns."""
    names = [column.name for column in file.columns]
    if len(header) == 1 and header[0] not in names and any(mark in header[0] for mark in ";\t|"):
        yield f"{path}: its columns are not separated by commas; save it as comma-separated values."
        return
    for name in sorted({name for name in header if header.count(name) > 1}):
        yield f"{path}: the column {name or '(without a name)'} is there twice."
    for name in dict.fromkeys(header):
        if name not in names and name not in OURS:
            yield f"{path}: the column {name or '(without a name)'} is unknown.{_hint(name, names)}"
    missing = [column.name for column in file.columns if column.required and column.name not in header]
    if missing:
        yield f"{path}: lacks {', '.join(missing)}; its columns are {', '.join(names)}."


def _csv_files(folder: Path) -> Iterator[tuple[str, list[Path]]]:
    names: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        for suffix in SUFFIXES:
            if path.name.lower().endswith(suffix) and path.is_file():
                names.setdefault(path.name[: -len(suffix)], []).append(path)
    yield from names.items()


def _hint(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name.lower(), list(known), n=1)
    return f" Did you mean {close[0]}?" if close else ""
