"""The errors of one run: what becomes null, and whether their order is graphql-core's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError
from graphql.execution.executor import CollectedErrors
from graphql.pyutils import Path

from server.executor.selection import Selected
from server.executor.surprise import Undecided, is_of_database


@dataclass(frozen=True, slots=True)
class Failure:
    """An error with the position that is null for it (None: the whole response).

    `source` is the field or level it happened in. Failures of one `turn` happened without waiting between them,
    under graphql-core, too, and in this order.
    """

    error: GraphQLError
    nulled: Path | None
    source: Any
    turn: Any


class Failures(CollectedErrors):
    """Writes down errors as they happen. graphql-core's own completion adds to it, too."""

    __slots__ = ("_ended", "_source", "_turn", "all")

    def __init__(self) -> None:
        super().__init__()
        self.all: list[Failure] = []
        self._source: Any = None
        self._turn: Any = None
        self._ended: dict[tuple[str | int, ...], set[str]] = {}

    def begin(self, source: Any, turn: Any) -> None:
        """The errors from here on are of this source and turn."""
        self._source, self._turn = source, turn

    def add(self, error: GraphQLError, path: Path | None) -> None:
        self.all.append(Failure(error, path, self._source, self._turn))

    def end(self, path: Path | None, selected: Selected) -> None:
        """The object there is lost when the field's error happens, so later fields are not asked for at all."""
        assert selected.level is not None
        place = tuple(path.as_list()) if path is not None else ()
        self._ended.setdefault(place, set()).update(selected.level.after(selected))

    def _told(self) -> list[Failure]:
        """The errors of fields that are asked for."""
        if not self._ended:
            return self.all
        return [failure for failure in self.all if not self._is_ended(failure.error.path or [])]

    def _is_ended(self, path: list[str | int]) -> bool:
        return any(key in self._ended.get(tuple(path[:depth]), ()) for depth, key in enumerate(path))

    def decided(self) -> bool:
        """Whether graphql-core surely tells the same errors.

        Errors of different fields are told in the order in which graphql-core stops waiting for them. An error that
        nulls an object ends what still waits below it, so which of two is told can depend on that, too.
        """
        failures = self._told()
        if len({id(failure.source) for failure in failures}) > 1:
            return False
        turns: dict[Path | None, Any] = {}
        for failure in failures:
            if turns.setdefault(failure.nulled, failure.turn) != failure.turn:
                return False
        for failure in failures:
            path = failure.nulled
            while path is not None:
                path = path.prev
                if turns.get(path, failure.turn) != failure.turn:
                    return False
        return True

    def causes(self) -> list[Exception]:
        """What was raised."""
        return [failure.error.original_error or failure.error for failure in self.all]

    def settle(self, data: dict[str, Any]) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
        """The data with nulls where errors are, and the errors that are told; raises `Undecided`.

        What the database refused is not asked again, but told in the order in which it happened here.
        """
        if not self.decided() and not any(map(is_of_database, self.causes())):
            raise Undecided("several errors in no certain order")
        errors: list[GraphQLError] = []
        nulled: set[Path | None] = set()
        for failure in self._told():
            if None in nulled or _is_below(failure.nulled, nulled):
                continue
            nulled.add(failure.nulled)
            errors.append(failure.error)
            if failure.nulled is not None:
                _put_null(data, failure.nulled.as_list())
        return (None if None in nulled else data), errors


def _is_below(path: Path | None, nulled: set[Path | None]) -> bool:
    while path is not None:
        if path in nulled:
            return True
        path = path.prev
    return False


def _put_null(data: Any, path: list[str | int]) -> None:
    for key in path[:-1]:
        data = data[key]
        if data is None:
            return
    data[path[-1]] = None
