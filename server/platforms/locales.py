"""The texts modules bring along: `locales/<language>.ftl`, one Fluent file per language.

The texts of permissions, metrics and features have keys made from their codes (`text_key`); without one the
declared English text is shown. A menu item's `label` is itself the key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from fluent.runtime import FluentBundle, FluentResource
from fluent.syntax import ast

from server.contracts.module import ModuleDefinition

FALLBACK = "en"
LANGUAGES = ("en", "fr")


def text_key(kind: str, code: str) -> str:
    """The key of a declared thing's text: `permission-loyalty-view` for the permission `loyalty.view`."""
    return f"{kind}-{code.replace('.', '-')}"


class LocaleFile:
    """One parsed file. `keys` are its messages, `unreadable` the lines that are not Fluent."""

    def __init__(self, path: Path) -> None:
        self.language = path.stem
        self.resource = FluentResource(path.read_text("utf-8"))
        entries = self.resource.body
        self.keys = frozenset(
            e.id.name for e in entries if isinstance(e, ast.Message) and e.value is not None
        )
        self.unreadable = [
            (entry.content or "").strip().partition("\n")[0]
            for entry in entries
            if isinstance(entry, ast.Junk)
        ]


def locale_files(definition: ModuleDefinition) -> dict[str, LocaleFile]:
    """The module's files by language; empty without a folder `locales`."""
    if not definition.package:
        return {}
    return {path.stem: LocaleFile(path) for path in sorted(definition.folder("locales").glob("*.ftl"))}


class Locales:
    """Every module's texts, read once."""

    def __init__(self, definitions: Iterable[ModuleDefinition]) -> None:
        self._bundles: dict[tuple[str, str], FluentBundle] = {}
        for definition in definitions:
            for language, file in locale_files(definition).items():
                bundle = FluentBundle([language], use_isolating=False)
                bundle.add_resource(file.resource)
                self._bundles[definition.code, language] = bundle

    def text(
        self,
        module: str,
        key: str,
        locale: str,
        *,
        default: str | None = None,
        values: Mapping[str, str | int] | None = None,
    ) -> str:
        """The text in the locale, else in its language, else in English, else `default`, else the key."""
        for language in dict.fromkeys((locale, locale.partition("-")[0], FALLBACK)):
            bundle = self._bundles.get((module, language))
            if bundle is None or not bundle.has_message(key):
                continue
            pattern = bundle.get_message(key).value
            if pattern is not None:
                return str(bundle.format_pattern(pattern, dict(values or {}))[0])
        return key if default is None else default
