"""Parsed and validated documents, remembered per view: a document is valid for a view, not as such."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import DocumentNode, GraphQLError


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """A document and what was found out about it. `facts` is free for what others measure once."""

    document: DocumentNode
    errors: tuple[GraphQLError, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


class DocumentCache:
    """The documents used last, by their text: at most `max_size` of them and `max_characters` of text."""

    def __init__(self, max_size: int = 512, max_characters: int = 1_000_000) -> None:
        self.max_size, self.max_characters = max_size, max_characters
        self._characters = 0
        self._records: OrderedDict[str, DocumentRecord] = OrderedDict()

    def __len__(self) -> int:
        return len(self._records)

    def get(self, text: str) -> DocumentRecord | None:
        record = self._records.get(text)
        if record is not None:
            self._records.move_to_end(text)
        return record

    def put(self, text: str, document: DocumentNode, errors: Sequence[GraphQLError] = ()) -> DocumentRecord:
        """Remember a document, forgetting those used longest ago when there is too much."""
        if text not in self._records:
            self._characters += len(text)
        record = self._records[text] = DocumentRecord(document, tuple(errors))
        self._records.move_to_end(text)
        while len(self) > self.max_size or (self._characters > self.max_characters and len(self) > 1):
            forgotten, _ = self._records.popitem(last=False)
            self._characters -= len(forgotten)
        return record
