"""Keys of permissions, features and menu items."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from server.contracts.module import ModuleDefinition
from server.contracts.permissions import Permission
from server.platforms.checks.requirements import closure
from server.platforms.problems import Problem

KERNEL = "kernel"
WORD = r"[a-z][a-z0-9_]*"
DOTTED = re.compile(rf"{WORD}\.{WORD}")
FEATURE = re.compile(rf"{WORD}(?:\.{WORD})?")


def check_names(
    definitions: Sequence[ModuleDefinition], kernel_permissions: Sequence[Permission]
) -> Iterator[Problem]:
    """Keys that are well-formed, unique, and refer to what exists."""
    by_code = {definition.code: definition for definition in definitions}
    permissions = {permission.code: KERNEL for permission in kernel_permissions}
    features: dict[str, str] = {}
    items: dict[str, str] = {}
    for definition in definitions:
        code = definition.code
        for permission in definition.permissions:
            yield from dotted_key(code, "permission", permission.code)
            yield from unique(permissions, code, "permission", permission.code)
        for feature in definition.features:
            if not FEATURE.fullmatch(feature.code):
                text = "is badly formed; use a-z, 0-9 and _, starting with a letter"
                yield Problem(code, f"feature {feature.code!r}", text)
            yield from unique(features, code, "feature", feature.code)
        for item in definition.menu:
            yield from dotted_key(code, "menu item", item.code)
            yield from unique(items, code, "menu item", item.code)
    for definition in definitions:
        reach = closure(definition.code, by_code) | {KERNEL}
        yield from _menu(definition, permissions, reach)


def dotted_key(module: str, kind: str, key: str) -> Iterator[Problem]:
    """The key is `<module>.<what>`."""
    if not DOTTED.fullmatch(key) or key.partition(".")[0] != module:
        text = f"is badly formed; write it as '{module}.<what>' in a-z, 0-9 and _"
        yield Problem(module, f"{kind} {key!r}", text)


def unique(seen: dict[str, str], module: str, kind: str, key: str) -> Iterator[Problem]:
    """Nobody declared the key before; `seen` learns it."""
    if key in seen:
        yield Problem(module, f"{kind} {key!r}", f"is already declared by {seen[key]}; rename one of them")
    seen.setdefault(key, module)


def _menu(
    definition: ModuleDefinition, permissions: dict[str, str], reach: frozenset[str]
) -> Iterator[Problem]:
    for item in definition.menu:
        name = f"menu item {item.code!r}"
        owner = permissions.get(item.permission)
        if owner is None:
            text = f"needs the permission {item.permission!r}, which nobody declares; declare or correct it"
            yield Problem(definition.code, name, text)
        elif owner not in reach:
            text = f"needs a permission of {owner}; add {owner!r} to requires"
            yield Problem(definition.code, name, text)
        if not item.path.startswith("/"):
            yield Problem(definition.code, name, f"has the path {item.path!r}; begin it with /")
        if not item.frontends:
            yield Problem(definition.code, name, "names no front end; say in `frontends` where it is shown")
