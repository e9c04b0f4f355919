"""Looking ahead into what a document selects."""

from collections.abc import Iterator, Mapping

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionSetNode,
)

Fragments = Mapping[str, FragmentDefinitionNode]


class Conditional(Exception):
    """Directives say whether something is selected."""


def always_selected(selections: SelectionSetNode | None, fragments: Fragments) -> Iterator[FieldNode]:
    """The fields of a selection on an object type, through fragments: what is valid there applies to each object.

    Raises `Conditional` where a directive decides.
    """
    for selection in selections.selections if selections is not None else ():
        if selection.directives:
            raise Conditional
        if isinstance(selection, FieldNode):
            yield selection
        elif isinstance(selection, FragmentSpreadNode):
            yield from always_selected(fragments[selection.name.value].selection_set, fragments)
        elif isinstance(selection, InlineFragmentNode):
            yield from always_selected(selection.selection_set, fragments)
