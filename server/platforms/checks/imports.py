"""Files that modules import."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from server.contracts.imports import ColumnKind, ImportFile
from server.contracts.module import ModuleDefinition
from server.platforms.checks.names import unique
from server.platforms.checks.requirements import closure
from server.platforms.problems import Problem


def check_imports(definitions: Sequence[ModuleDefinition]) -> Iterator[Problem]:
    """Names nobody else uses, columns without doubles, references to files the module may know."""
    by_code = {definition.code: definition for definition in definitions}
    owners: dict[str, str] = {}
    recipes: dict[str, str] = {}
    for definition in definitions:
        for file in definition.imports:
            yield from unique(owners, definition.code, "import file", file.name)
        for recipe in definition.recipes:
            yield from unique(recipes, definition.code, "recipe", recipe.code)
    for definition in definitions:
        reach = closure(definition.code, by_code)
        for file in definition.imports:
            yield from _columns(definition.code, file)
            yield from _references(definition.code, file, owners, reach)
        for recipe in definition.recipes:
            for name in sorted(set(recipe.files) - owners.keys()):
                text = f"makes the file {name!r}, which nobody declares; correct the name"
                yield Problem(definition.code, f"recipe {recipe.code!r}", text)


def _columns(module: str, file: ImportFile) -> Iterator[Problem]:
    names = [column.name for column in file.columns]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(module, f"import file {file.name!r}", f"has the column {name!r} twice; remove one")
    for name in file.key:
        if name not in names:
            text = f"is keyed by {name!r}, which is none of its columns; add the column or correct the key"
            yield Problem(module, f"import file {file.name!r}", text)


def _references(
    module: str, file: ImportFile, owners: dict[str, str], reach: frozenset[str]
) -> Iterator[Problem]:
    for column in file.columns:
        if column.kind is not ColumnKind.REFERENCE:
            continue
        name = f"import file {file.name!r}, column {column.name!r}"
        owner = owners.get(column.references or "")
        if owner is None:
            text = f"refers to the file {column.references!r}, which nobody declares; correct references="
            yield Problem(module, name, text)
        elif owner not in reach:
            yield Problem(module, name, f"refers to a file of {owner}; add {owner!r} to requires")
