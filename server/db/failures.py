"""What a failure of the database means for whoever asked: a lost connection, and other failures by name."""

from __future__ import annotations

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from server.errors import FacetError, ServiceUnavailable, TimedOut, TryAgain

_CONNECTION_CLASS = "08"
_CONNECTION_ENDED = frozenset({"57P01", "57P02", "57P03", "57P05", "25P03"})
_STATEMENT_CANCELLED = "57014"
_IN_EACH_OTHERS_WAY = frozenset({"40001", "40P01", "55P03"})


class ConnectionLost(ServiceUnavailable):
    """PostgreSQL restarts or is away. On a new connection the same statements may succeed."""

    def __init__(self) -> None:
        super().__init__(
            "The database does not answer just now; nothing was changed. Try again in a few seconds.",
            retryAfter=1,
        )


def ends_connection(error: BaseException | None) -> bool:
    """Whether `error`, as the driver raised it, means that its connection is of no more use."""
    if isinstance(error, OSError | asyncpg.InternalClientError):
        return True  # the latter is the driver's for a connection that ended a moment ago
    if isinstance(error, asyncpg.InterfaceError):
        return "closed" in str(error)
    state = sqlstate(error)
    return state.startswith(_CONNECTION_CLASS) or state in _CONNECTION_ENDED


def sqlstate(error: BaseException | None) -> str:
    """PostgreSQL's code of an error, of the driver or of SQLAlchemy; empty when it is none of PostgreSQL's."""
    if isinstance(error, DBAPIError):
        error = error.orig
    return str(getattr(error, "sqlstate", None) or "")


def named(error: BaseException) -> FacetError | None:
    """The failure that a client may be told of instead of `error`; None for what is our own fault."""
    if isinstance(error, FacetError):
        return error
    if isinstance(error, PoolTimeout):
        return ServiceUnavailable(
            "Too much is being asked at once; nothing was changed. Try again in a few seconds.", retryAfter=2
        )
    state = sqlstate(error)
    if state == _STATEMENT_CANCELLED:
        return TimedOut("The database took too long; nothing was changed. Ask for less at once.")
    if state in _IN_EACH_OTHERS_WAY:
        return TryAgain("Another change got in the way; nothing was changed. Try again.")
    return None
