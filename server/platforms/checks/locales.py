"""Texts in every language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from server.contracts.module import ModuleDefinition
from server.platforms.locales import LANGUAGES, locale_files
from server.platforms.problems import Problem


def check_locales(definitions: Sequence[ModuleDefinition]) -> Iterator[Problem]:
    """A module with texts has them in every language, and one for each label its menu names."""
    for definition in definitions:
        files = locale_files(definition)
        if not files:
            continue
        for language in LANGUAGES:
            if language not in files:
                yield Problem(definition.code, f"locales/{language}.ftl", "does not exist; add it")
        keys = {key for file in files.values() for key in file.keys}
        keys |= {item.label for item in definition.menu}
        for language, file in files.items():
            where = f"locales/{language}.ftl"
            for key in sorted(keys - file.keys):
                yield Problem(definition.code, where, f"lacks the text {key!r}; add it")
            for line in file.unreadable:
                yield Problem(definition.code, where, f"has a line that cannot be read; correct it: {line!r}")
