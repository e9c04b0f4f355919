"""Completes what generated code stumbled over, value by value, as graphql-core does.

Generated code gives up at the first value that does not fit. Then its values are tried one by one; the one that
fails is completed by graphql-core itself, which words the error and says what is null inside. What would take a
resolver, or a type's decision, is left to graphql-core altogether: that is a `Surprise`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    get_nullable_type,
    is_list_type,
    is_non_null_type,
    located_error,
)
from graphql.execution.executor import Executor
from graphql.pyutils import Path
from orjson import Fragment
from strawberry.execution import optimized_is_awaitable

from server.executor.calls import Source
from server.executor.failures import Failures
from server.executor.objects import Objects, filled
from server.executor.places import Known, Places
from server.executor.selection import Level, Selected
from server.executor.surprise import Surprise
from server.executor.values import check_of, quick_of

if TYPE_CHECKING:
    from server.executor.run import Run

Columns = tuple[list[Any], ...]


class Careful:
    """The slow way of one run, with the errors it has met."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.failures = Failures()
        self._places = Places()
        self._first: dict[int, GraphQLError] = {}
        self._core: Executor[Any] = run.core()
        self._core.collected_errors = self.failures

    def read(self, level: Level, read: Callable[..., Any], objects: Sequence[Any], place: Any) -> Columns:
        """What `read` answers for `objects`: their dictionaries, and the values of columns that they hold."""
        answers: Columns | None = None
        for index, value in enumerate(objects):
            try:
                one = read((value,), self._run)
            except Exception:
                one = self._read_one(level, value, place, index)
            if answers is None:
                answers = one
            else:
                for answer, values in zip(answers, one, strict=True):
                    answer += values
        assert answers is not None
        return answers

    def _read_one(self, level: Level, value: Any, place: Any, index: int) -> Columns:
        self.failures.begin(level, self._places.turn(place, index))
        found: dict[str, Any] = {}
        held: list[list[Any]] = []
        is_lost = False
        for selected in level.fields:
            found[selected.key] = selected.typename
            call = selected.call
            if call is None:
                continue
            if not selected.is_plain:
                if call.source is Source.ATTRIBUTE:
                    held.append([_attribute(value, call.attribute)])
            elif not is_lost:
                path = self._places.field_path(place, index, selected)
                try:
                    found[selected.key] = self._field(selected, value, path)
                except Surprise:
                    raise
                except Exception as error:
                    self._fail(error, selected, place, index)
                    is_lost = self._lose(selected, place, index)
        return ([found], *held)

    def _field(self, selected: Selected, value: Any, path: Path) -> Any:
        call = selected.call
        assert call is not None
        if call.source is Source.ATTRIBUTE and selected.levels:
            found = getattr(value, call.attribute)
            if optimized_is_awaitable(found):
                raise Surprise(call.where)
            return self._value(found, selected.type, selected, path)
        return self._at_once(
            self._core.execute_field(call.parent, value, selected.details, path, None), selected
        )

    def _lose(self, selected: Selected, place: Any, index: int) -> bool:
        """Whether the error of a field that nothing waited for ends its object; then no later field is read."""
        if not is_non_null_type(selected.type):
            return False
        self.failures.end(self._places.path(place, index), selected)
        return True

    def values(
        self,
        selected: Selected,
        complete: Callable[..., Any],
        values: Sequence[Any],
        place: Any,
        *,
        at_once: bool = False,
    ) -> list[Any]:
        """What `complete` answers for the values of a column below which nothing is called.

        `at_once`: none of them had to be waited for.
        """
        completed: list[Any] = []
        for index, value in enumerate(values):
            try:
                completed += complete((value,), self._run)
                continue
            except Exception:
                completed.append(None)
            self.failures.begin(selected, index)
            path = self._places.field_path(place, index, selected)
            try:
                completed[-1] = self._value(value, selected.type, selected, path)
            except Surprise:
                raise
            except Exception as error:
                self._fail(error, selected, place, index)
                if at_once:
                    self._lose(selected, place, index)
        return completed

    def _value(self, value: Any, type_: Any, selected: Selected, path: Path) -> Any:
        """Complete a value; raises what is its error."""
        if type(value) is Fragment:
            return value
        nullable = get_nullable_type(type_)
        if is_list_type(nullable) and type(value) in (list, tuple):
            return self._items(value, nullable.of_type, selected, path)
        if isinstance(nullable, GraphQLObjectType) and value is not None:
            try:
                return quick_of(selected)(value, self._run)
            except Exception:
                if self._is_object(value, selected):
                    return self._object(value, selected.levels[nullable.name], path)
        call = selected.call
        assert call is not None
        info = self._core.build_resolve_info(call.definition, call.nodes, call.parent, path)
        return self._at_once(
            self._core.complete_value(type_, selected.details, info, path, value, None), selected
        )

    def _is_object(self, value: Any, selected: Selected) -> bool:
        try:
            check_of(selected)(value, self._run)
        except Exception:
            return False
        return True

    def _object(self, value: Any, level: Level, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for selected in level.fields:
            found[selected.key] = selected.typename
            if selected.call is not None:
                own_path = Path(path, selected.key, level.type.name)
                try:
                    found[selected.key] = self._field(selected, value, own_path)
                except Surprise:
                    raise
                except Exception as error:
                    self._core.handle_field_error(error, selected.type, selected.details, own_path)
        return found

    def _items(self, items: Sequence[Any], type_: Any, selected: Selected, path: Path) -> list[Any]:
        completed: list[Any] = []
        for index, item in enumerate(items):
            if optimized_is_awaitable(item):
                raise Surprise("something to wait for in a list")
            own_path = path.add_key(index, None)
            try:
                completed.append(self._value(item, type_, selected, own_path))
            except Surprise:
                raise
            except Exception as error:
                self._core.handle_field_error(error, type_, selected.details, own_path)
                completed.append(None)
        return completed

    def _at_once(self, completed: Any, selected: Selected) -> Any:
        if optimized_is_awaitable(completed):
            self._run.made.append([completed])
            raise Surprise(f"something to wait for below {selected.key}")
        return completed

    async def below(
        self, selected: Selected, step: Callable[..., Any], values: Sequence[Any], place: Any
    ) -> list[Any]:
        """The values of a column, with their objects completed by `step`, a level."""
        found = Objects(self._run, self._core, selected)
        shapes: list[Any] = []
        for index, value in enumerate(values):
            self.failures.begin(selected, index)
            try:
                shapes.append(found.shape(value, index, self._places.field_path(place, index, selected)))
            except Surprise:
                raise
            except Exception as error:
                # Objects before it stay: what is below them may have errors, too.
                self._fail(error, selected, place, index)
                shapes.append(None)
        completed: Sequence[Any] = ()
        if found.objects:
            completed = await step(found.objects, self._run, Known(place, found.entries, selected))
        return [filled(shape, completed) for shape in shapes]

    def _fail(self, error: Exception, selected: Selected, place: Any, index: int) -> None:
        """Write down the error of a field."""
        path = self._places.field_path(place, index, selected)
        call = selected.call
        assert call is not None
        nulled = self._places.nulled_by_field(place, index, selected)
        self.failures.add(self._located(error, call.nodes, path), nulled)

    def _located(self, error: Exception, nodes: list[FieldNode], path: Path) -> GraphQLError:
        """What `located_error` makes. The lines and columns of a field are counted for its first error only."""
        first = self._first.get(id(nodes))
        if first is None or any(hasattr(error, name) for name in ("nodes", "source", "positions")):
            located = located_error(error, nodes, path.as_list())
            if located.nodes is nodes:
                self._first.setdefault(id(nodes), located)
            return located
        message = str(error.message) if hasattr(error, "message") else str(error)
        located = GraphQLError(message, None, None, None, path.as_list(), error)
        located.nodes, located.source = first.nodes, first.source
        located.positions, located.locations = first.positions, first.locations
        return located


def _attribute(value: Any, name: str) -> Any:
    """What the attribute holds. An exception in its place is the field's error, as one that is raised would be."""
    try:
        return getattr(value, name)
    except Exception as error:
        return error
