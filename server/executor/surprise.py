"""The two ways a plan steps aside for graphql-core's own executor."""

from __future__ import annotations

from typing import Any, NoReturn

from graphql import GraphQLError

from server.errors import FacetError, ServiceUnavailable, TimedOut, TryAgain


class Unsupported(Exception):
    """The operation contains something plans do not cover; it is never tried again."""


class Surprise(Exception):
    """A value or event while running that a plan does not decide about: the operation runs again elsewhere."""


def is_harmless(failure: Exception) -> bool:
    """Whether what an operation has read and remembered is as good as before the failure."""
    if isinstance(failure, ServiceUnavailable | TimedOut | TryAgain):
        return False
    return isinstance(failure, Surprise | FacetError | GraphQLError)


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
