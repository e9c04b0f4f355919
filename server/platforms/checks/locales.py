"""Texts in every language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from server.contracts.module import ModuleDefinition
from server.platforms.locales import LANGUAGES, locale_files, text_key
from server.platforms.problems import Problem


def check_locales(definitions: Sequence[ModuleDefinition]) -> Iterator[Problem]:
    """A module with texts has them in every language, for all that it declares."""
    for definition in definitions:
        files = locale_files(definition)
        if not files:
            continue
        for language in LANGUAGES:
            if language not in files:
                yield Problem(definition.code, f"locales/{language}.ftl", "does not exist; add it")
        keys = declared_keys(definition).union(*(file.keys for file in files.values()))
        for language, file in files.items():
            where = f"locales/{language}.ftl"
            for key in sorted(keys - file.keys):
                yield Problem(definition.code, where, f"lacks the text {key!r}; add it")
            for line in file.unreadable:
                yield Problem(definition.code, where, f"has a line that cannot be read; correct it: {line!r}")


def declared_keys(definition: ModuleDefinition) -> frozenset[str]:
    """The keys of the texts that what the module declares is shown with."""
    return frozenset(
        [
            *(item.label for item in definition.menu),
            *(text_key("permission", permission.code) for permission in definition.permissions),
            *(text_key("metric", metric.key) for metric in definition.metrics),
            *(text_key("feature", feature.code) for feature in definition.features),
        ]
    )
