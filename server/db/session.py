"""Sessions: one platform each, one statement at a time, one transaction after another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import InterfaceError, InvalidRequestError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from server.db.engine import APP_ROLE, create_engine


class Session(AsyncSession):
    """An `AsyncSession` that sibling resolvers may share: their statements queue instead of colliding.

    It is used once: after `close` it refuses statements. Work that outlives its operation, such as a loader
    whose field has failed beside it, then stops instead of borrowing a connection nobody gives back.
    """

    def __init__(self, bind: AsyncEngine) -> None:
        super().__init__(bind, expire_on_commit=False, autoflush=False)
        self._lock = asyncio.Lock()
        self._is_over = False

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Several statements in a row through `run_sync`, without a sibling's between them."""
        async with self._lock:
            if self._is_over:
                raise InvalidRequestError("This session is closed: its operation is over.")
            yield

    async def execute(self, *args: Any, **kwargs: Any) -> Any:
        async with self.turn():
            return await super().execute(*args, **kwargs)

    async def scalar(self, *args: Any, **kwargs: Any) -> Any:
        async with self.turn():
            return await super().scalar(*args, **kwargs)

    async def get(self, *args: Any, **kwargs: Any) -> Any:
        async with self.turn():
            return await super().get(*args, **kwargs)

    async def flush(self, objects: Any = None) -> None:
        async with self.turn():
            await super().flush(objects)

    async def commit(self) -> None:
        async with self.turn():
            await super().commit()

    async def rollback(self) -> None:
        async with self._lock:
            await super().rollback()

    async def close(self) -> None:
        async with self._lock:
            self._is_over = True
            await super().close()


class Database:
    """The application role's connections, and sessions on them."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine

    @classmethod
    def connect(cls, url: str, *, owns_role: bool, pool_size: int, statement_timeout_ms: int) -> Database:
        """`owns_role`: the URL logs in as the application role already; else each connection switches to it."""
        return cls(
            create_engine(
                url,
                role=None if owns_role else APP_ROLE,
                pool_size=pool_size,
                statement_timeout_ms=statement_timeout_ms,
            )
        )

    def session(self, platform_id: int | None, *, read_only: bool = False) -> Session:
        """A session whose transactions see `platform_id` and nothing else; close it when done.

        A read-only session reads one consistent snapshot per transaction.
        """
        options = {"facet_platform_id": platform_id, "facet_read_only": read_only}
        return Session(self.engine.execution_options(**options))

    @asynccontextmanager
    async def begin(self, platform_id: int | None) -> AsyncIterator[Session]:
        """A session in one transaction: committed at the end, rolled back when an exception leaves it."""
        async with self.session(platform_id) as session:
            yield session
            await session.commit()

    async def ping(self) -> None:
        """Raise unless PostgreSQL answers."""
        async with self.session(None, read_only=True) as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self.engine.dispose()


def is_connection_lost(error: BaseException) -> bool:
    """Whether a retry on a new connection can help."""
    lost = isinstance(error, OperationalError | InterfaceError) and error.connection_invalidated
    return lost or isinstance(error, ConnectionError)
