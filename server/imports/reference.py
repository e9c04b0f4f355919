"""The page of the documentation that lists files and recipes; `python -m server.imports.reference` writes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from server.contracts.imports import Column, ColumnKind, ImportFile
from server.contracts.module import ModuleDefinition
from server.imports.planning import in_order
from server.platforms.installed import installed

PAGE = Path("docs/reference/import-files.md")
INTRODUCTION = """\
# Import files

Generated from what the modules declare. How to import is told in [Import data](../how-to/import-data.md).

A file is called `<name>.csv` or `<name>.csv.gz`. Files are read in the order below, each after those it refers
to. Columns may come in any order; those that are not required may be absent or have empty cells.
"""
KINDS = {
    ColumnKind.TEXT: "text",
    ColumnKind.INTEGER: "whole number",
    ColumnKind.AMOUNT: "decimal such as `1234.56`",
    ColumnKind.TIMESTAMP: "ISO 8601 time, the platform's zone unless it names one",
    ColumnKind.CURRENCY: "ISO 4217 code",
    ColumnKind.EMAIL: "e-mail address, stored in lower case",
}


def render(definitions: Iterable[ModuleDefinition]) -> str:
    """The page, in Markdown."""
    modules = list(definitions)
    owners = {file.name: module for module in modules for file in module.imports}
    parts = [INTRODUCTION]
    parts += [_file(file, owners[file.name]) for file in in_order(f for m in modules for f in m.imports)]
    parts.append("## Recipes\n\nA recipe turns the files of a public data set into those above.\n")
    parts += sorted(_recipes(modules))
    return "\n".join(parts)


def _file(file: ImportFile, module: ModuleDefinition) -> str:
    rows = "\n".join(_column(column) for column in file.columns)
    key = ", ".join(f"`{name}`" for name in file.key)
    reasons = "".join(f"- {reason}\n" for reason in (file.checks or {}).values())
    return (
        f"## {file.name}\n\n{file.description} Module `{module.code}`; one row for each {key}.\n\n"
        f"| column | required | holds | meaning |\n| --- | --- | --- | --- |\n{rows}\n"
        + (f"\nA row is also rejected with one of these reasons:\n\n{reasons}" if reasons else "")
    )


def _column(column: Column) -> str:
    required = "yes" if column.required else ""
    return f"| `{column.name}` | {required} | {_holds(column)} | {column.description} |"


def _holds(column: Column) -> str:
    if column.kind is ColumnKind.REFERENCE:
        return f"`external_id` of a row of [{column.references}](#{column.references})"
    if column.kind is ColumnKind.CHOICE:
        return "one of " + ", ".join(f"`{choice}`" for choice in column.choices)
    kind = KINDS[column.kind]
    if column.kind is ColumnKind.TEXT:
        return f"{kind}, at most {column.max_length} characters"
    return f"{kind}, at least {column.minimum}" if column.minimum is not None else kind


def _recipes(modules: Iterable[ModuleDefinition]) -> Iterator[str]:
    for module in modules:
        for recipe in module.recipes:
            files = ", ".join(f"`{name}`" for name in recipe.files)
            zone = f" Times are read in {recipe.zone}." if recipe.zone else ""
            yield f"- `{recipe.code}` (module `{module.code}`): {recipe.description} Makes {files}.{zone}\n"


if __name__ == "__main__":
    PAGE.write_text(render(installed().definitions), encoding="utf-8")
