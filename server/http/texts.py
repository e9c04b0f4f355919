"""Texts that no database keeps and no client means: refused before any resolver sees them."""

from __future__ import annotations

from typing import Any

from graphql import DocumentNode, GraphQLError, StringValueNode, Visitor, visit

from server.db.text import is_storable
from server.http.limits import bad_input

_ADVICE = "holds a zero character or half of a surrogate pair; remove it."


def check_literals(text: str, document: DocumentNode) -> list[GraphQLError]:
    """The first string literal of `document`, which is the parsed `text`, that cannot be stored."""
    # Only an escape or the character itself can bring one in, and hardly any document has either.
    if "\\u" not in text and is_storable(text):
        return []
    finder = _Finder()
    visit(document, finder)
    return [bad_input(f"A string {_ADVICE}", node) for node in finder.found[:1]]


def check_texts(variables: dict[str, Any]) -> list[GraphQLError]:
    """The first variable with a text, or a name in an object, that cannot be stored."""
    stack: list[tuple[str, Any]] = list(variables.items())
    while stack:
        name, value = stack.pop()
        if isinstance(value, str):
            if not is_storable(value):
                return [bad_input(f"Variable ${name} {_ADVICE}")]
        elif isinstance(value, dict):
            stack += [(name, part) for pair in value.items() for part in pair]
        elif isinstance(value, list):
            stack += [(name, item) for item in value]
    return []


class _Finder(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[StringValueNode] = []

    def enter_string_value(self, node: StringValueNode, *_: Any) -> None:
        if not is_storable(node.value):
            self.found.append(node)
