"""Where the objects of a level stand in the response, found out only when one of them has an error.

A place is None for the root, else the column a level's objects come from: `(place of the objects above, the values of
the column, the selected field)`, as generated code passes it on. `Known` and `Part` are places made by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from graphql import get_nullable_type, is_list_type, is_non_null_type
from graphql.pyutils import Path

Entry = tuple[int, tuple[int, ...]]
"""Which object above, and the indexes in the lists of its value."""


class Known:
    """A place whose objects' entries are known one by one."""

    __slots__ = ("entries", "selected", "upper")

    def __init__(self, upper: Any, entries: list[Entry], selected: Any) -> None:
        self.upper, self.entries, self.selected = upper, entries, selected


class Part:
    """Some of the objects of another place."""

    __slots__ = ("indexes", "whole")

    def __init__(self, whole: Any, indexes: Sequence[int]) -> None:
        self.whole, self.indexes = whole, indexes


class Places:
    """Finds paths, and the nearest position that may be null. Belongs to one run."""

    def __init__(self) -> None:
        self._entries: dict[int, tuple[Any, list[Entry]]] = {}
        self._paths: dict[int, tuple[Any, dict[int, Path]]] = {}
        self._kept: list[Any] = []
        """Places whose identity was given out."""

    def path(self, place: Any, index: int) -> Path | None:
        """The path of the object at `index`; None for the root."""
        if place is None:
            return None
        known = self._paths.setdefault(id(place), (place, {}))[1]
        path = known.get(index)
        if path is None:
            upper, (above, indexes), selected = self._find(place, index)
            path = self.field_path(upper, above, selected)
            for one in indexes:
                path = path.add_key(one, None)
            known[index] = path
        return path

    def field_path(self, place: Any, index: int, selected: Any) -> Path:
        return Path(self.path(place, index), selected.key, selected.call.parent.name)

    def nulled_by_field(self, place: Any, index: int, selected: Any) -> Path | None:
        """What becomes null when the field has an error: the field itself or something above; None for all."""
        if is_non_null_type(selected.type):
            return self.nulled_by_object(place, index)
        return self.field_path(place, index, selected)

    def nulled_by_object(self, place: Any, index: int) -> Path | None:
        """What becomes null when the object at `index` cannot be had."""
        if place is None:
            return None
        upper, (above, indexes), selected = self._find(place, index)
        types = [selected.type]
        for _ in indexes:
            types.append(get_nullable_type(types[-1]).of_type)
        for depth in range(len(indexes), 0, -1):
            if not is_non_null_type(types[depth]):
                path = self.field_path(upper, above, selected)
                for one in indexes[:depth]:
                    path = path.add_key(one, None)
                return path
        return self.nulled_by_field(upper, above, selected)

    def turn(self, place: Any, index: int) -> Any:
        """The same for objects that one value held."""
        if place is None:
            return None
        upper, (above, _), selected = self._find(place, index)
        self._kept.append(upper)
        return id(upper), above, id(selected)

    def _find(self, place: Any, index: int) -> tuple[Any, Entry, Any]:
        while isinstance(place, Part):
            place, index = place.whole, place.indexes[index]
        if isinstance(place, Known):
            return place.upper, place.entries[index], place.selected
        upper, values, selected = place
        found = self._entries.get(id(place))
        if found is None:
            found = self._entries[id(place)] = (place, list(_entries(values, selected.type)))
        return upper, found[1][index], selected


def _entries(values: Sequence[Any], type_: Any) -> Iterator[Entry]:
    """The entries of a column's objects, in the order in which generated code collects them."""
    for index, value in enumerate(values):
        for indexes in _indexes(value, type_):
            yield index, indexes


def _indexes(value: Any, type_: Any) -> Iterator[tuple[int, ...]]:
    if value is None:
        return
    type_ = get_nullable_type(type_)
    if not is_list_type(type_):
        yield ()
        return
    for index, item in enumerate(value):
        for indexes in _indexes(item, type_.of_type):
            yield (index, *indexes)
