"""Documents that no view can run, remembered so that sending one again costs as little as a valid one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from graphql import DocumentNode, GraphQLError

_MOST_TEXTS = 128
_MOST_CHARACTERS = 262_144


@dataclass(frozen=True, slots=True)
class RefusedText:
    """What is wrong with a text; `document` is None when it does not even parse."""

    document: DocumentNode | None
    errors: tuple[GraphQLError, ...]


class RefusedTexts:
    """The texts refused last, within bounds."""

    def __init__(self) -> None:
        self._characters = 0
        self._texts: OrderedDict[str, RefusedText] = OrderedDict()

    def __len__(self) -> int:
        return len(self._texts)

    def get(self, text: str) -> RefusedText | None:
        """What was found out about this text."""
        found = self._texts.get(text)
        if found is not None:
            self._texts.move_to_end(text)
        return found

    def put(
        self, text: str, document: DocumentNode | None, errors: Sequence[GraphQLError]
    ) -> tuple[GraphQLError, ...]:
        """Remember the errors, and forget those used longest ago when there is too much. Returns them."""
        for error in errors:
            error.with_traceback(None)  # its frames would stay in memory with it
        if text not in self._texts:
            self._characters += len(text)
        refused = self._texts[text] = RefusedText(document, tuple(errors))
        while len(self) > _MOST_TEXTS or (self._characters > _MOST_CHARACTERS and len(self) > 1):
            forgotten, _ = self._texts.popitem(last=False)
            self._characters -= len(forgotten)
        return refused.errors
