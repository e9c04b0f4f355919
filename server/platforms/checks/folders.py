"""Folders a module insists on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from server.contracts.module import ModuleDefinition
from server.platforms.problems import Problem


def check_folders(definitions: Sequence[ModuleDefinition]) -> Iterator[Problem]:
    """Every folder named in `folders` is there."""
    for definition in definitions:
        for name in definition.folders:
            if not definition.package or not definition.folder(name).is_dir():
                where = definition.folder(name) if definition.package else name
                text = f"does not exist; create it or remove it from folders= ({where})"
                yield Problem(definition.code, f"folder {name!r}", text)
