"""The engine: driver connections in autocommit mode, transactions opened by us.

Opening the transaction ourselves lets one round trip carry BEGIN, its mode and the platform that row-level
security compares with. `SET LOCAL` ends with the transaction, so nothing survives to a connection's next borrower.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.util import await_only

APP_ROLE = "facet_app"
OWNER_ROLE = "facet_owner"
PLATFORM_SETTING = "facet.platform_id"

READ_ONLY = "ISOLATION LEVEL REPEATABLE READ, READ ONLY"


def async_url(url: str) -> str:
    """`url` with the driver this project uses."""
    scheme, separator, rest = url.partition("://")
    if scheme.partition("+")[0] not in {"postgresql", "postgres"} or not separator:
        raise ValueError("A database URL starts with postgresql://")
    return f"postgresql+asyncpg://{rest}"


def create_engine(
    url: str, *, role: str | None = None, pool_size: int = 10, statement_timeout_ms: int = 5_000
) -> AsyncEngine:
    """An engine whose connections act as `role` from their first statement on."""
    server_settings = {
        "application_name": "facet",
        "timezone": "UTC",
        "statement_timeout": str(statement_timeout_ms),
        "idle_in_transaction_session_timeout": "30000",
        "jit": "off",
    }
    if role:
        server_settings["role"] = role
    engine = create_async_engine(
        async_url(url),
        isolation_level="AUTOCOMMIT",
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=5,
        pool_reset_on_return=None,
        connect_args={"server_settings": server_settings, "timeout": 5},
    )
    event.listen(engine.sync_engine, "begin", _begin)
    event.listen(engine.sync_engine, "commit", _commit)
    event.listen(engine.sync_engine, "rollback", _rollback)
    return engine


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    statement = "BEGIN " + (READ_ONLY if options.get("facet_read_only") else "")
    platform_id = options.get("facet_platform_id")
    if platform_id is not None:
        statement += f"; SET LOCAL {PLATFORM_SETTING} = '{int(platform_id)}'"
    await_only(_driver(connection).execute(statement))


def _commit(connection: Connection) -> None:
    await_only(_driver(connection).execute("COMMIT"))


def _rollback(connection: Connection) -> None:
    if connection.invalidated:
        return
    driver = _driver(connection)
    if driver.is_in_transaction() and not driver.is_closed():
        await_only(driver.execute("ROLLBACK"))
