"""How much memory plans may take, over all documents and views together."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from itertools import count
from typing import Any
from weakref import ref

MOST_FIELDS_KEPT = 16_000
"""Selected fields in all plans of a process; one takes about 3 kB."""


class PlanBudget:
    """Remembers which plans were used last and drops the others when there are too many.

    It keeps no plan alive: a plan goes with its document or view, too.
    """

    def __init__(self, most_fields: int = MOST_FIELDS_KEPT) -> None:
        self.most_fields = most_fields
        self.fields = 0
        self._keys = count()
        self._entries: OrderedDict[int, tuple[ref[Any], Callable[[Any], None], int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, owner: Any, drop: Callable[[Any], None], fields: int) -> int:
        """Count a plan that `owner` holds; `drop(owner)` is called when it has to go. Returns its key."""
        key = next(self._keys)
        self._entries[key] = (ref(owner, lambda _: self._forget(key)), drop, fields)
        self.fields += fields
        while self.fields > self.most_fields and len(self._entries) > 1:
            oldest = next(iter(self._entries))
            holder, dropping, _ = self._entries[oldest]
            self._forget(oldest)
            alive = holder()
            if alive is not None:
                dropping(alive)
        return key

    def use(self, key: int) -> None:
        """Note that a plan was used just now."""
        if key in self._entries:
            self._entries.move_to_end(key)

    def _forget(self, key: int) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.fields -= entry[2]
