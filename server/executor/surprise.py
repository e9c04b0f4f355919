"""The two ways a plan steps aside for graphql-core's own executor."""

from __future__ import annotations

from typing import Any, NoReturn

from sqlalchemy.exc import DBAPIError

from server.db.failures import named
from server.errors import ServiceUnavailable, TimedOut


class Unsupported(Exception):
    """The operation contains something plans do not cover; it is never tried again."""


class Surprise(Exception):
    """A value or event while running that a plan does not decide about: the operation runs again elsewhere."""


class Undecided(Surprise):
    """Several errors whose order, or mutual exclusion, depends on how graphql-core waits for fields."""


def is_of_database(failure: BaseException) -> bool:
    """Whether a statement failed: it would again, and after it a transaction that writes takes no other."""
    return isinstance(failure, DBAPIError) or ends_operation(failure)


def ends_operation(failure: BaseException) -> bool:
    """Whether the same operation must not ask again: the database is away, or was given all the time there is."""
    return isinstance(named(failure), ServiceUnavailable | TimedOut)


class UnknownPath:
    """Stands for the path below a list, where one resolver call answers for many places.

    The name and type at its end are the same for all of them; asking for more is a surprise.
    """

    __slots__ = ("_notes", "key", "typename")

    def __init__(self, key: str, typename: str, notes: list[Exception]) -> None:
        self.key, self.typename, self._notes = key, typename, notes

    @property
    def prev(self) -> NoReturn:
        self._surprise()

    def as_list(self) -> NoReturn:
        self._surprise()

    def add_key(self, key: str | int, typename: str | None = None) -> NoReturn:
        self._surprise()

    def __iter__(self) -> NoReturn:
        self._surprise()

    def __len__(self) -> NoReturn:
        self._surprise()

    def __getitem__(self, index: Any) -> NoReturn:
        self._surprise()

    def __eq__(self, other: object) -> NoReturn:
        self._surprise()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        self._surprise()

    def _surprise(self) -> NoReturn:
        # A resolver may catch the exception, so it is also written down.
        error = Surprise("a resolver reads its path inside a list")
        self._notes.append(error)
        raise error
