"""Whether an operation asks for certain fields of a value, to leave out work nobody reads."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from graphql import (
    BooleanValueNode,
    FieldNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
)

from server.graphql.info import Info

TREND_FIELDS = frozenset({"trend", "trendValue", "previousValue"})
_FOUND = "_facet_selects"
"""Where a node of a document keeps what was found below it, as long as no variable decides."""


def selects(info: Info, names: frozenset[str]) -> bool:
    """Whether one of `names` is selected directly below the field, through fragments and under any alias."""
    nodes = info._raw_info.field_nodes
    known = nodes[0].__dict__.setdefault(_FOUND, {}) if len(nodes) == 1 else {}
    found: bool | None = known.get(names)
    if found is None:
        search = _Search(info, names)
        found = any(search.finds(node.selection_set) for node in nodes)
        if not search.met_directives:
            known[names] = found
    return found


@dataclass(slots=True)
class _Search:
    info: Info
    names: Collection[str]
    met_directives: bool = False

    def finds(self, selections: SelectionSetNode | None) -> bool:
        return selections is not None and any(self._is_in(node) for node in selections.selections)

    def _is_in(self, selection: SelectionNode) -> bool:
        if selection.directives:
            self.met_directives = True
            if not self._included(selection):
                return False
        if isinstance(selection, FieldNode):
            return selection.name.value in self.names
        if isinstance(selection, InlineFragmentNode):
            return self.finds(selection.selection_set)
        if isinstance(selection, FragmentSpreadNode):
            return self.finds(self.info._raw_info.fragments[selection.name.value].selection_set)
        return False

    def _included(self, selection: SelectionNode) -> bool:
        """What `@skip` and `@include` say; the only argument of both is `if`."""
        for directive in selection.directives or ():
            wanted = {"skip": False, "include": True}.get(directive.name.value)
            if wanted is None or not directive.arguments:
                continue
            value = directive.arguments[0].value
            if isinstance(value, VariableNode):
                given = bool(self.info.variable_values.get(value.name.value))
            else:
                given = isinstance(value, BooleanValueNode) and value.value
            if given is not wanted:
                return False
        return True
