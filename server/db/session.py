"""Sessions: one platform each, one statement at a time, one transaction after another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from server.db.engine import APP_ROLE, create_engine


class Session(AsyncSession):
    """An `AsyncSession` that sibling resolvers may share: their statements queue instead of colliding."""

    def __init__(self, bind: AsyncEngine) -> None:
        super().__init__(bind, expire_on_commit=False, autoflush=False)
        self._turn = asyncio.Lock()

    async def execute(self, *args: Any, **kwargs: Any) -> Any:
        async with self._turn:
            return await super().execute(*args, **kwargs)

    async def scalar(self, *args: Any, **kwargs: Any) -> Any:
        async with self._turn:
            return await super().scalar(*args, **kwargs)

    async def get(self, *args: Any, **kwargs: Any) -> Any:
        async with self._turn:
            return await super().get(*args, **kwargs)

    async def flush(self, objects: Any = None) -> None:
        async with self._turn:
            await super().flush(objects)


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
