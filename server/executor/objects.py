"""The objects in the values of a column, found one by one when some values are errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from graphql import GraphQLObjectType, Undefined, get_nullable_type, is_list_type, is_non_null_type
from graphql.execution.executor import Executor
from graphql.pyutils import Path
from strawberry.execution import optimized_is_awaitable

from server.executor.places import Entry
from server.executor.selection import Selected
from server.executor.surprise import Surprise
from server.executor.values import check_of

if TYPE_CHECKING:
    from server.executor.run import Run


class _Slot(int):
    """Stands for the object of this number."""


class Objects:
    """`objects` of all values so far, and where each was found."""

    def __init__(self, run: Run, core: Executor[Any], selected: Selected) -> None:
        self._run, self._core, self._selected = run, core, selected
        self.objects: list[Any] = []
        self.entries: list[Entry] = []

    def shape(self, value: Any, index: int, path: Path) -> Any:
        """The lists of a value with a slot for each object, which is remembered; raises what is its error."""
        return self._shape(value, self._selected.type, path, (index, ()))

    def _shape(self, value: Any, type_: Any, path: Path, entry: Entry) -> Any:
        if isinstance(value, Exception):
            raise value
        if value is None or value is Undefined:
            if is_non_null_type(type_):
                call = self._selected.call
                assert call is not None
                name = f"{call.parent}.{call.nodes[0].name.value}"
                raise TypeError(f"Cannot return null for non-nullable field {name}.")
            return None
        nullable = get_nullable_type(type_)
        if is_list_type(nullable):
            return self._list(value, nullable.of_type, path, entry)
        if isinstance(nullable, GraphQLObjectType):
            check_of(self._selected)(value, self._run)
        self.objects.append(value)
        self.entries.append(entry)
        return _Slot(len(self.objects) - 1)

    def _list(self, items: Any, type_: Any, path: Path, entry: Entry) -> list[Any]:
        if type(items) not in (list, tuple):
            raise Surprise(self._selected.key)
        shapes: list[Any] = []
        above, indexes = entry
        for index, item in enumerate(items):
            if optimized_is_awaitable(item):
                raise Surprise("something to wait for in a list")
            own_path = path.add_key(index, None)
            try:
                shapes.append(self._shape(item, type_, own_path, (above, (*indexes, index))))
            except Surprise:
                raise
            except Exception as error:
                self._core.handle_field_error(error, type_, self._selected.details, own_path)
                shapes.append(None)
        return shapes


def filled(shape: Any, completed: Sequence[Any]) -> Any:
    """A shape with the completed objects in its slots."""
    if isinstance(shape, _Slot):
        return completed[shape]
    if isinstance(shape, list):
        return [filled(item, completed) for item in shape]
    return None
