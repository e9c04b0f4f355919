"""Folders a module insists on, and the names of its migrations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from server.contracts.module import ModuleDefinition
from server.platforms.problems import Problem

MIGRATIONS = "migrations"


def check_folders(definitions: Sequence[ModuleDefinition]) -> Iterator[Problem]:
    """Every folder named in `folders` is there; migrations are named after the module and numbered."""
    for definition in definitions:
        for name in definition.folders:
            if not definition.package or not definition.folder(name).is_dir():
                where = definition.folder(name) if definition.package else name
                text = f"does not exist; create it or remove it from folders= ({where})"
                yield Problem(definition.code, f"folder {name!r}", text)
        if definition.package:
            yield from _migrations(definition)


def _migrations(definition: ModuleDefinition) -> Iterator[Problem]:
    form = re.compile(rf"{definition.code}_\d{{3}}_[a-z0-9_]+\.py")
    for path in sorted(definition.folder(MIGRATIONS).glob("*.py")):
        if not form.fullmatch(path.name) and path.name != "__init__.py":
            text = f"is badly named; call it {definition.code}_<three digits>_<description>.py"
            yield Problem(definition.code, f"migration {path.name!r}", text)
