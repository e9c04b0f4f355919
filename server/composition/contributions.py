"""Fields that modules add to types, merged when Strawberry asks for the fields of a type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass

from strawberry.schema.name_converter import NameConverter
from strawberry.types.base import StrawberryObjectDefinition, get_object_definition
from strawberry.types.field import StrawberryField

from server.composition.parts import ComposedModule, Problem
from server.graphql.graph import ROOTS, Contribution


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A contribution with the module it came from; `order` is its place among all."""

    order: int
    part: ComposedModule
    contribution: Contribution


class Contributions:
    """Merges contributed fields into definitions, without changing any of them.

    Strawberry's relay extensions change the field they are applied to, once per schema; so fields with
    extensions, and contributed ones, which may reach several types, are handed out as copies.
    """

    def __init__(self, parts: Sequence[ComposedModule], roots: dict[str, type], names: NameConverter) -> None:
        self.names = names
        self.problems: list[Problem] = []
        self._by_class: dict[type, list[Entry]] = {}
        self._by_name: dict[str, list[Entry]] = {}
        self._merged: dict[int, tuple[StrawberryObjectDefinition, list[StrawberryField]]] = {}
        self._entries: dict[int, Entry] = {}
        self._reached: set[Entry] = set()
        pairs = [(part, contribution) for part in parts for contribution in part.graph.contributions]
        for order, (part, contribution) in enumerate(pairs):
            self._register(Entry(order, part, contribution), roots)

    def _register(self, entry: Entry, roots: dict[str, type]) -> None:
        target = entry.contribution.target
        if isinstance(target, str):
            if target in ROOTS:
                self._by_class.setdefault(roots[target], []).append(entry)
            else:
                self._by_name.setdefault(target, []).append(entry)
            return
        definition = get_object_definition(target)
        if definition is None:
            self._refuse(
                entry, f"extends {target!r}, which is not a GraphQL type; extend a class decorated as one"
            )
        elif definition.is_input:
            self._refuse_input(entry, definition.name)
        else:
            self._by_class.setdefault(target, []).append(entry)

    def fields(self, definition: StrawberryObjectDefinition) -> list[StrawberryField]:
        """The definition's own fields followed by the contributed ones."""
        known = self._merged.get(id(definition))
        if known is None:
            known = self._merged[id(definition)] = (definition, self._merge(definition))
        return known[1]

    def entry_of(self, field: StrawberryField) -> Entry | None:
        """The contribution a field of the schema came with; None for an owner's field."""
        return self._entries.get(id(field))

    def unreached(self) -> tuple[list[Entry], list[Entry]]:
        """Contributions to classes, and to names, that no type of the schema took up."""
        return self._left(self._by_class.values()), self._left(self._by_name.values())

    def _left(self, groups: Iterable[list[Entry]]) -> list[Entry]:
        return [entry for entries in groups for entry in entries if entry not in self._reached]

    def reached(self) -> list[Entry]:
        return sorted(self._reached, key=lambda entry: entry.order)

    def _merge(self, definition: StrawberryObjectDefinition) -> list[StrawberryField]:
        name = self.names.from_type(definition)
        fields = [copy(field) if field.extensions else field for field in definition.fields]
        taken = {self.names.from_field(field): "its owner" for field in fields}
        for entry in self._entries_for(definition):
            self._reached.add(entry)
            if definition.is_input:
                self._refuse_input(entry, name)
                continue
            source = get_object_definition(entry.contribution.source, strict=True)
            for field in source.fields:
                key = self.names.from_field(field)
                if key in taken:
                    self._refuse_duplicate(entry, f"{name}.{key}", field, taken[key])
                    continue
                taken[key] = f"'{entry.part.code}' ({entry.contribution.where}.{field.python_name})"
                fields.append(self._own_copy(field, entry))
        return fields

    def _own_copy(self, field: StrawberryField, entry: Entry) -> StrawberryField:
        fresh = copy(field)
        self._entries[id(fresh)] = entry
        return fresh

    def _entries_for(self, definition: StrawberryObjectDefinition) -> list[Entry]:
        found: set[Entry] = set()
        for host in _hosts(definition):
            found.update(self._by_class.get((host.concrete_of or host).origin, ()))
            if self._by_name:
                found.update(self._by_name.get(self.names.from_type(host), ()))
        return sorted(found, key=lambda entry: entry.order)

    def _refuse(self, entry: Entry, text: str) -> None:
        self.problems.append(Problem(entry.part.code, entry.contribution.where, text))

    def _refuse_input(self, entry: Entry, name: str) -> None:
        text = (
            f"extends the input {name}; inputs are closed, values would be lost: add a mutation of your own"
        )
        self._refuse(entry, text)

    def _refuse_duplicate(self, entry: Entry, name: str, field: StrawberryField, other: str) -> None:
        where = f"{entry.contribution.where}.{field.python_name}"
        text = f"is contributed by {where} and already by {other}; rename one of them"
        self.problems.append(Problem(entry.part.code, name, text))


def _hosts(definition: StrawberryObjectDefinition) -> Iterator[StrawberryObjectDefinition]:
    """The definition, then every interface it implements, each once."""
    yield definition
    for ancestor in (definition.concrete_of or definition).origin.__mro__[1:]:
        found = get_object_definition(ancestor)
        if found is not None and found.is_interface and found.origin is ancestor:
            yield found
