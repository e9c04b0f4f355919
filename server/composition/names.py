"""GraphQL names, and which definitions asked for each: two types with one name are found that way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from strawberry.directive import StrawberryDirective
from strawberry.schema.name_converter import NameConverter
from strawberry.schema.schema_converter import is_same_type_definition
from strawberry.types.base import StrawberryObjectDefinition, StrawberryType
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.lazy_type import LazyType
from strawberry.types.union import StrawberryUnion

from server.composition.ownership import Ownership
from server.composition.parts import KERNEL, Problem
from server.graphql.graph import ROOTS


class RecordingNames(NameConverter):
    """Strawberry's camelCase names. While a schema is built it remembers what each type name was used for."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[str, dict[int, StrawberryType]] | None = {}
        self._names: dict[str, str] = {}

    def apply_naming_config(self, name: str) -> str:
        """Remembered, as Strawberry asks for the name of every argument whenever a field is resolved."""
        found = self._names.get(name)
        if found is None:
            found = self._names[name] = super().apply_naming_config(name)
        return found

    def from_type(self, type_: StrawberryType | StrawberryDirective[Any]) -> str:
        name = super().from_type(type_)
        if self._seen is not None and isinstance(type_, StrawberryType):
            self._seen.setdefault(name, {})[id(type_)] = type_
        return name

    def collisions(self, ownership: Ownership, roots: dict[str, type]) -> Iterator[Problem]:
        """Names that stand for more than one type; forgets what was seen."""
        seen, self._seen = self._seen or {}, None
        for name, found in seen.items():
            if name in ROOTS:
                root = roots.get(name)
                intruders = [other for other in found.values() if getattr(other, "origin", None) is not root]
                yield from (_reserved(name, other, ownership) for other in intruders)
                continue
            first, *others = found.values()
            for other in others:
                if not _same(first, other):
                    yield _duplicate(name, first, other, ownership)
                    break


def _same(first: StrawberryType, second: StrawberryType) -> bool:
    if isinstance(first, StrawberryObjectDefinition):
        return is_same_type_definition(first, second)
    if isinstance(first, StrawberryEnumDefinition):
        return isinstance(second, StrawberryEnumDefinition) and first.wrapped_cls is second.wrapped_cls
    if isinstance(first, StrawberryUnion):
        return isinstance(second, StrawberryUnion) and _members(first) == _members(second)
    return first == second


def _members(union: StrawberryUnion) -> set[str]:
    members: list[Any] = [m.resolve_type() if isinstance(m, LazyType) else m for m in union.types]
    return {getattr(member, "__strawberry_definition__", member).name for member in members}


def _reserved(name: str, definition: StrawberryType, ownership: Ownership) -> Problem:
    code, where = _owner(definition, ownership)
    better = f"{code.replace('_', ' ').title().replace(' ', '')}{name}"
    return Problem(code, name, f"is the name of a root type and {where} took it; call that type {better}")


def _duplicate(name: str, first: StrawberryType, second: StrawberryType, ownership: Ownership) -> Problem:
    (_, one), (code, other) = _owner(first, ownership), _owner(second, ownership)
    return Problem(code, name, f"is the name of {one} and of {other}; rename one of them")


def _owner(definition: StrawberryType, ownership: Ownership) -> tuple[str, str]:
    if isinstance(definition, StrawberryUnion):
        return KERNEL, f"a union of {', '.join(sorted(_members(definition)))}"
    origin = getattr(definition, "origin", None) or type(definition)
    return ownership.module_of(origin) or KERNEL, f"{origin.__module__}.{origin.__qualname__}"
