"""The size of an operation, from its syntax alone.

Each fragment is measured once and its measure added wherever it is spread, so a document costs time in
proportion to its text however its fragments multiply.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from graphql import (
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    ListValueNode,
    Node,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
)

INTROSPECTION_FIELDS = frozenset({"__schema", "__type"})
_MOST_NESTED = 64
"""Braces and spreads that may be open at once; no readable document comes near."""


class _TooTangled(Exception):
    pass


@dataclass(slots=True)
class Measure:
    """What a selection set asks for, with its fragments written out."""

    depth: int = 0
    deepest: Node | None = None
    aliases: int = 0
    directives: int = 0
    fields: int = 0
    root_fields: int = 0
    list_items: int = 0
    introspection_depth: int = 0
    introspection_fields: int = 0
    introspection_aliases: int = 0
    tangled: bool = False

    def add(self, other: Measure) -> None:
        """Put the selections of `other` beside these."""
        self.aliases += other.aliases
        self.directives += other.directives
        self.fields += other.fields
        self.root_fields += other.root_fields
        self.introspection_fields += other.introspection_fields
        self.introspection_aliases += other.introspection_aliases
        self.list_items = max(self.list_items, other.list_items)
        self.introspection_depth = max(self.introspection_depth, other.introspection_depth)
        if other.depth > self.depth:
            self.depth, self.deepest = other.depth, other.deepest


class Meter:
    """Measures the operations of one document.

    `visited` counts the selections it looked at. `cyclic` names fragments found to contain themselves; a
    measure leaves the repetition out.
    """

    def __init__(self, document: DocumentNode) -> None:
        self.visited = 0
        self.cyclic: set[str] = set()
        self._fragments = _fragments(document)
        self._measured: dict[tuple[str, bool], Measure | None] = {}

    def operation(self, operation: OperationDefinitionNode) -> Measure:
        """The measure of one operation; `tangled` when its fragments nest too deeply to follow."""
        total = Measure()
        self._count_directives(operation.directives, total)
        for variable in operation.variable_definitions or ():
            self._count_directives(variable.directives, total)
            if variable.default_value is not None:
                total.list_items = max(total.list_items, longest_list(variable.default_value))
        try:
            total.add(self._selections(operation.selection_set, inside=False, nested=0))
        except _TooTangled:
            total.tangled = True
        return total

    def unused(self) -> list[FragmentDefinitionNode]:
        """The fragments that no operation measured so far spreads."""
        used = {name for name, _ in self._measured}
        return [definition for name, definition in self._fragments.items() if name not in used]

    def _selections(self, selection_set: SelectionSetNode, *, inside: bool, nested: int) -> Measure:
        """`inside`: below `__schema` or `__type`, where the allowances are separate."""
        if nested > _MOST_NESTED:
            raise _TooTangled
        total = Measure()
        for selection in selection_set.selections:
            self.visited += 1
            self._count_directives(selection.directives, total)
            total.add(self._selection(selection, inside=inside, nested=nested + 1))
        return total

    def _selection(self, selection: SelectionNode, *, inside: bool, nested: int) -> Measure:
        if isinstance(selection, FieldNode):
            return self._field(selection, inside=inside, nested=nested)
        if isinstance(selection, InlineFragmentNode):
            return self._selections(selection.selection_set, inside=inside, nested=nested)
        if isinstance(selection, FragmentSpreadNode):
            return self._fragment(selection.name.value, inside=inside, nested=nested)
        return Measure()

    def _field(self, field: FieldNode, *, inside: bool, nested: int) -> Measure:
        enters = field.name.value in INTROSPECTION_FIELDS
        within = Measure()
        if field.selection_set is not None:
            within = self._selections(field.selection_set, inside=inside or enters, nested=nested)
        longest = _longest_argument(field.arguments)
        aliased = 1 if field.alias is not None else 0
        if inside:
            within.introspection_fields += 1
            within.introspection_aliases += aliased
            within.introspection_depth += 1
        else:
            within.fields += 1
            within.aliases += aliased
            within.depth += 1
            within.deepest = within.deepest or field
            within.introspection_depth += 1 if enters else 0
        within.root_fields = 1
        within.list_items = max(within.list_items, longest)
        return within

    def _fragment(self, name: str, *, inside: bool, nested: int) -> Measure:
        key = (name, inside)
        if key in self._measured:
            known = self._measured[key]
            if known is None:
                self.cyclic.add(name)
            return known or Measure()
        definition = self._fragments.get(name)
        self._measured[key] = None
        measure = Measure()
        if definition is not None:
            self._count_directives(definition.directives, measure)
            measure.add(self._selections(definition.selection_set, inside=inside, nested=nested))
        self._measured[key] = measure
        return measure

    @staticmethod
    def _count_directives(directives: Iterable[DirectiveNode] | None, total: Measure) -> None:
        for directive in directives or ():
            total.directives += 1
            total.list_items = max(total.list_items, _longest_argument(directive.arguments))


def most_repeated(document: DocumentNode, operation: OperationDefinitionNode) -> int:
    """How often the operation selects one field of one object, at its worst place.

    Validation compares each of them with each other one. Takes time in proportion to the fields written out,
    so ask only after they were found to be few, and no fragment contains itself.
    """
    fragments = _fragments(document)
    most = 0
    stack: list[list[SelectionSetNode]] = [[operation.selection_set]]
    while stack:
        for same in _by_response_name(stack.pop(), fragments).values():
            most = max(most, len(same))
            inner = [field.selection_set for field in same if field.selection_set is not None]
            if inner:
                stack.append(inner)
    return most


def _by_response_name(
    selection_sets: list[SelectionSetNode], fragments: dict[str, FragmentDefinitionNode]
) -> dict[str, list[FieldNode]]:
    """The fields of one object, fragments followed once each, as an executor collects them."""
    fields: dict[str, list[FieldNode]] = {}
    followed: set[str] = set()
    pending = list(selection_sets)
    while pending:
        for selection in pending.pop().selections:
            if isinstance(selection, FieldNode):
                name = selection.alias or selection.name
                fields.setdefault(name.value, []).append(selection)
            elif isinstance(selection, InlineFragmentNode):
                pending.append(selection.selection_set)
            elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in followed:
                followed.add(selection.name.value)
                if selection.name.value in fragments:
                    pending.append(fragments[selection.name.value].selection_set)
    return fields


def _fragments(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }


def _longest_argument(arguments: Iterable[ArgumentNode] | None) -> int:
    return max((longest_list(argument.value) for argument in arguments or ()), default=0)


def longest_list(value: ValueNode) -> int:
    """The length of the longest list literal in `value`, 0 when it has none."""
    longest = 0
    stack: list[ValueNode] = [value]
    while stack:
        node = stack.pop()
        if isinstance(node, ListValueNode):
            longest = max(longest, len(node.values))
            stack.extend(node.values)
        elif isinstance(node, ObjectValueNode):
            stack.extend(field.value for field in node.fields)
    return longest
