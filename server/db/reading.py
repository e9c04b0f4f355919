"""A reading transaction on a pooled driver connection: one round trip to open it, one to end it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.util import greenlet_spawn

from server.db.engine import JOINED, beginning
from server.db.failures import ConnectionLost, ends_connection
from server.db.statements import Row, Statement

RESTORE = "ROLLBACK TO SAVEPOINT start"


class Reading:
    """One transaction that only reads.

    It begins with a savepoint, to which a statement that failed goes back: what else the operation reads is
    still of the same snapshot.
    """

    def __init__(self, engine: Engine, platform_id: int | None) -> None:
        self._engine, self._platform_id = engine, platform_id
        self._pooled: Any = None
        self._driver: Any = None

    async def begin(self) -> None:
        """Borrow a connection and open the transaction."""
        self._pooled = await greenlet_spawn(self._engine.pool.connect)
        self._driver = self._pooled.driver_connection
        await self._tell(beginning(self._platform_id, read_only=True) + "; SAVEPOINT start")

    async def fetch(self, statement: Statement, values: Sequence[Any]) -> Sequence[Row]:
        """The rows; raises `DBAPIError` for what PostgreSQL refuses and `ConnectionLost`.

        When cancelled, `forget` the connection: nobody knows its state.
        """
        self.require()
        try:
            return await _send(self._engine, self._driver, statement, values)
        except DBAPIError:
            await self.restore()
            raise
        except ConnectionLost:
            await self.forget()
            raise

    async def restore(self) -> None:
        """Go back to the transaction's beginning after a statement that failed."""
        await self._tell(RESTORE)

    def require(self) -> None:
        """Raise `ConnectionLost` when the connection is gone, and the transaction with it."""
        if self._pooled is None or not self._pooled.is_valid:
            raise ConnectionLost

    def join(self) -> Connection:
        """A connection of SQLAlchemy's in this transaction; raises `ConnectionLost`."""
        self.require()
        engine = self._engine.execution_options(**{JOINED: True})
        # Another connection in place of a lost one would be outside of the transaction.
        connection = Connection(engine, self._pooled, _allow_revalidate=False)
        connection.begin()
        return connection

    async def end(self) -> None:
        """End the transaction and give the connection back."""
        pooled, self._pooled = self._pooled, None
        if pooled is None or not pooled.is_valid:
            return
        try:
            if self._driver.is_in_transaction():
                await self._driver.execute("COMMIT")
        except BaseException as error:
            await _invalidate(pooled)
            if not ends_connection(error):
                raise
        else:
            pooled.close()

    async def forget(self) -> None:
        """Close the connection, whatever it is doing."""
        pooled, self._pooled = self._pooled, None
        if pooled is not None and pooled.is_valid:
            await _invalidate(pooled)

    async def _tell(self, command: str) -> None:
        try:
            await self._driver.execute(command)
        except BaseException as error:
            await self.forget()
            if isinstance(error, Exception) and ends_connection(error):
                raise ConnectionLost from error
            raise


async def fetch(
    engine: Engine, connection: Connection, statement: Statement, values: Sequence[Any]
) -> Sequence[Row]:
    """The rows of a statement, in the transaction of `connection`; raises as `Reading.fetch` does."""
    try:
        return await _send(engine, connection.connection.driver_connection, statement, values)
    except DBAPIError:
        raise
    except BaseException:
        await _invalidate(connection)
        raise


async def _invalidate(connection: Any) -> None:
    """Close a pooled connection. A statement it still runs is cancelled, which needs a moment."""
    await asyncio.shield(asyncio.ensure_future(greenlet_spawn(connection.invalidate)))


async def _send(engine: Engine, driver: Any, statement: Statement, values: Sequence[Any]) -> Sequence[Row]:
    query = statement.query
    watching = engine.dispatch.before_cursor_execute
    if watching:
        # Who watches SQLAlchemy's statements is told of those that go past it.
        watching(None, None, query.sql, values, None, False)
    try:
        rows: Sequence[Row] = await driver.fetch(query.sql, *values, record_class=query.row)
    except Exception as error:
        if driver.is_closed() or ends_connection(error):
            raise ConnectionLost from error
        raise DBAPIError(query.sql, None, error, hide_parameters=True) from error
    return rows
