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


def selected(
    selections: SelectionSetNode | None, fragments: Fragments, *, always: bool = False
) -> Iterator[FieldNode]:
    """The fields of a selection on an object type, through fragments: what is valid there applies to each object.

    Directives are left alone, unless with `always`: then the first one raises `Conditional`.
    """
    for selection in selections.selections if selections is not None else ():
        if always and selection.directives:
            raise Conditional
        if isinstance(selection, FieldNode):
            yield selection
        elif isinstance(selection, FragmentSpreadNode):
            yield from selected(fragments[selection.name.value].selection_set, fragments, always=always)
        elif isinstance(selection, InlineFragmentNode):
            yield from selected(selection.selection_set, fragments, always=always)


def response_key(field: FieldNode) -> str:
    """The key under which the answer has the field."""
    return field.alias.value if field.alias else field.name.value
