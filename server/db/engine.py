"""The engine: driver connections in autocommit mode, transactions opened by us.

Opening the transaction ourselves lets one round trip carry BEGIN, its mode and the platform that row-level
security compares with. `SET LOCAL` ends with the transaction, so nothing survives to a connection's next borrower.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from sqlalchemy import Connection, ExceptionContext, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.util import await_only

from server.db.failures import ConnectionLost, ends_connection
from server.errors import ConfigurationError, OutcomeUnknown

APP_ROLE = "facet_app"
OWNER_ROLE = "facet_owner"
PLATFORM_SETTING = "facet.platform_id"

READ_ONLY = "ISOLATION LEVEL REPEATABLE READ, READ ONLY"
PLATFORM_ID = "facet_platform_id"
"""The execution option with the platform that a connection's transactions see."""
JOINED = "facet_joined"
"""The execution option of a connection whose transaction is open already, and ended by who opened it."""


def async_url(url: str) -> str:
    """`url` with the driver this project uses."""
    scheme, separator, rest = url.partition("://")
    if scheme.partition("+")[0] not in {"postgresql", "postgres"} or not separator:
        raise ConfigurationError("DATABASE_URL and FACET_APP_DATABASE_URL start with postgresql://")
    return f"postgresql+asyncpg://{rest}"


def create_engine(
    url: str,
    *,
    role: str | None = None,
    pool_size: int = 20,
    pool_wait_seconds: float = 5.0,
    statement_timeout_ms: int = 5_000,
) -> AsyncEngine:
    """An engine whose connections act as `role` from their first statement on."""
    server_settings = {
        "application_name": "facet",
        "timezone": "UTC",
        "statement_timeout": str(statement_timeout_ms),
        "idle_in_transaction_session_timeout": "30000",
        "jit": "off",
        "plan_cache_mode": "force_generic_plan",
    }
    if role:
        server_settings["role"] = role
    engine = create_async_engine(
        async_url(url),
        isolation_level="AUTOCOMMIT",
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=pool_wait_seconds,
        pool_reset_on_return=None,
        connect_args={
            "server_settings": server_settings,
            "timeout": 5,
            # Long statements, such as a dashboard's, are those whose planning is worth remembering.
            "max_cacheable_statement_size": 0,
        },
    )
    listen(engine)
    return engine


def listen(engine: AsyncEngine) -> None:
    """Open and end transactions ourselves, raise `ConnectionLost` for all that means it, and forget such
    connections."""
    event.listen(engine.sync_engine, "do_connect", _connect)
    event.listen(engine.sync_engine, "checkout", _check)
    event.listen(engine.sync_engine, "handle_error", _name_loss, retval=True)
    event.listen(engine.sync_engine, "begin", _begin)
    event.listen(engine.sync_engine, "commit", _commit)
    event.listen(engine.sync_engine, "rollback", _rollback)


def send(connection: Connection, command: str) -> None:
    """Send `command` as one message, unprepared; raises `ConnectionLost` when nobody is there to answer."""
    try:
        await_only(_driver(connection).execute(command))
    except Exception as error:
        if not ends_connection(error):
            raise
        connection.invalidate()
        raise ConnectionLost from error
    except BaseException:
        # Cancelled: it may have been executed or not. Nobody can use a connection in an unknown state.
        connection.invalidate()
        raise


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _connect(dialect: Any, _record: Any, arguments: Any, options: Any) -> Any:
    try:
        return dialect.connect(*arguments, **options)
    except Exception as error:
        if ends_connection(error.__cause__ or error):
            raise ConnectionLost from error
        raise


def _check(connection: Any, _record: Any, _proxy: Any) -> None:
    """The driver knows when the server closed a connection; such a one is replaced, without asking the server."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def _name_loss(context: ExceptionContext) -> BaseException | None:
    error = context.original_exception
    if isinstance(error, Exception) and (context.is_disconnect or ends_connection(error.__cause__ or error)):
        context.is_disconnect = True
        return ConnectionLost()
    return None


def beginning(platform_id: int | None, *, read_only: bool = False) -> str:
    """What opens a transaction that sees `platform_id` and nothing else, as one message."""
    statement = f"BEGIN {READ_ONLY}" if read_only else "BEGIN"
    if platform_id is not None:
        statement += f"; SET LOCAL {PLATFORM_SETTING} = '{int(platform_id)}'"
    return statement


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if JOINED not in options:
        send(connection, beginning(options.get(PLATFORM_ID)))


def _commit(connection: Connection) -> None:
    if JOINED in connection.get_execution_options():
        return
    if _driver(connection).is_closed():
        raise ConnectionLost
    try:
        send(connection, "COMMIT")
    except ConnectionLost as error:
        raise OutcomeUnknown(
            "The connection to the database was lost while the change was being stored. Look whether it is "
            "there before you try again."
        ) from error


def _rollback(connection: Connection) -> None:
    """A connection that cannot be told to roll back is closed, which rolls back too."""
    if connection.invalidated or JOINED in connection.get_execution_options():
        return
    driver = _driver(connection)
    if driver.is_closed():
        connection.invalidate()
    elif driver.is_in_transaction():
        with suppress(ConnectionLost):
            send(connection, "ROLLBACK")
