"""Who owns what in the schema, and for which callers.

Every element carries `extensions["facet"]`: a frozenset of tokens, all of which a view must have enabled to
show it. A token is a module's code, or `@ADMIN|OPERATOR` for "only these kinds of caller". Elements of the
kernel carry none and are always shown.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from strawberry.types.base import StrawberryObjectDefinition, StrawberryType, get_object_definition
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.lazy_type import LazyType
from strawberry.types.scalar import ScalarDefinition

from server.auth.audience import ADMINS, EVERYONE, Audience
from server.composition.parts import KERNEL, ComposedModule

OWNERS = "facet"
NOBODY: frozenset[str] = frozenset()


def owners_of(element: Any) -> frozenset[str]:
    """The tokens of a graphql-core type, field, argument, input field or enum value."""
    found: frozenset[str] = element.extensions.get(OWNERS, NOBODY)
    return found


def modules_of(element: Any) -> frozenset[str]:
    """The codes of the modules an element belongs to; empty for the kernel's."""
    return frozenset(token for token in owners_of(element) if not token.startswith("@"))


def audience_token(audience: Collection[Audience]) -> str | None:
    """The token for "only these kinds of caller"; None when that is everyone."""
    if frozenset(audience) == EVERYONE:
        return None
    return "@" + "|".join(sorted(audience))


def admits(token: str, audience: Audience | None) -> bool:
    """Whether a caller of that kind satisfies an audience token."""
    return token.startswith("@") and audience is not None and audience in token[1:].split("|")


class Ownership:
    """Answers who owns a class, by declaration or by the package it was defined in."""

    def __init__(self, parts: Sequence[ComposedModule]) -> None:
        self.codes = frozenset(part.code for part in parts)
        self._requires: dict[str, frozenset[str]] = {part.code: frozenset(part.requires) for part in parts}
        self._internal = {part.code for part in parts if part.is_internal}
        self._declared: dict[object, str] = {}
        self._audiences: dict[object, frozenset[Audience]] = {}
        packages: dict[str, str] = {}
        for part in parts:
            packages[part.package] = packages[part.graph.package] = part.code
            self._declare(part)
        self._packages = sorted(packages.items(), key=lambda item: -len(item[0]))

    def _declare(self, part: ComposedModule) -> None:
        for element, audience in part.graph.owned.items():
            self._declared[element] = part.code
            if audience is not None:
                self._audiences[element] = audience

    def module_of(self, element: object) -> str | None:
        """The module that owns a class; None for the kernel and libraries."""
        code = self._declared.get(element)
        if code is None:
            name = getattr(element, "__module__", None) or ""
            code = next((code for prefix, code in self._packages if _inside(name, prefix)), None)
        return None if code == KERNEL else code

    def closure(self, code: str) -> frozenset[str]:
        """The module and everything it requires, directly or not."""
        seen: set[str] = set()
        stack = [code]
        while stack:
            current = stack.pop()
            if current not in seen:
                seen.add(current)
                stack.extend(self._requires.get(current, ()))
        return frozenset(seen)

    def tokens(self, code: str | None, audience: Collection[Audience] | None) -> frozenset[str]:
        """The tokens for "of this module" and "only for these callers"."""
        token = audience_token(audience) if audience is not None else None
        return frozenset(part for part in (code if code != KERNEL else None, token) if part)

    def contribution_tokens(self, code: str | None, audience: Collection[Audience] | None) -> frozenset[str]:
        """As `tokens`; what an internal module contributes is for ADMINS unless it says otherwise."""
        if audience is None and code in self._internal:
            audience = ADMINS
        return self.tokens(code, audience)

    def of_declared(self, element: Any) -> frozenset[str]:
        """The tokens of a class.

        As with contributions, a type of an internal module is for ADMINS unless its graph says otherwise.
        """
        return self.contribution_tokens(self.module_of(element), self._audiences.get(element))

    def of_declared_value(self, key: tuple[type, str]) -> frozenset[str]:
        """The tokens of one member of an enum: only what `ModuleGraph.own` declared."""
        return self.tokens(self._declared.get(key), self._audiences.get(key))

    def of_definition(self, definition: Any) -> frozenset[str]:
        """The tokens of a Strawberry type; a specialised generic belongs to its arguments' owners too."""
        if isinstance(definition, StrawberryObjectDefinition):
            arguments = (definition.type_var_map or {}).values()
            tokens = self.of_declared((definition.concrete_of or definition).origin)
            if definition.concrete_of is not None:
                tokens |= self.of_declared(definition.origin)
            return tokens.union(*(self._of_argument(argument) for argument in arguments))
        if isinstance(definition, StrawberryEnumDefinition):
            return self.of_declared(definition.wrapped_cls)
        if isinstance(definition, ScalarDefinition) and definition.origin is not None:
            return self.of_declared(definition.origin)
        return NOBODY

    def _of_argument(self, argument: Any) -> frozenset[str]:
        if isinstance(argument, LazyType):
            argument = argument.resolve_type()
        definition = get_object_definition(argument)
        if definition is not None:
            return self.of_definition(definition)
        if isinstance(argument, StrawberryType) and hasattr(argument, "of_type"):
            return self._of_argument(argument.of_type)
        return self.of_definition(argument) or self.of_declared(argument)


def _inside(module: str, package: str) -> bool:
    return bool(package) and (module == package or module.startswith(package + "."))
