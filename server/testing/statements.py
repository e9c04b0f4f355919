"""Counting the statements an operation costs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from sqlalchemy import event

from server.db.session import Database


class HasDatabase(Protocol):
    @property
    def database(self) -> Database: ...


@contextmanager
def count_statements(application: HasDatabase) -> Iterator[list[str]]:
    """The statements sent meanwhile, in order, without BEGIN, COMMIT and savepoints."""
    statements: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT")):
            statements.append(statement)

    event.listen(application.database.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(application.database.engine.sync_engine, "before_cursor_execute", note)
