"""Sessions: one platform each, one statement at a time, one transaction after another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import Executable, text
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from server.db.again import try_again
from server.db.engine import APP_ROLE, PLATFORM_ID, create_engine
from server.db.failures import ConnectionLost, named
from server.db.reading import Reading, fetch
from server.db.statements import Row, Statement, Statements

Value = TypeVar("Value")

_OF_THE_ORM = frozenset({"bind", "binds", "sync_session", "_proxied"})

LONGEST_TRY = 7.0
"""Seconds for a look-up outside of an operation that meets silence."""


class Session(AsyncSession):
    """An `AsyncSession` that sibling resolvers may share: their statements queue instead of colliding.

    It is used once: after `close` it refuses statements. Work that outlives its operation, such as a loader
    whose field has failed beside it, is stopped instead of borrowing a connection nobody gives back.

    One that only reads has one transaction, a `Reading`, for `rows` and for the ORM. A statement that fails there
    costs itself only.
    """

    def __init__(
        self, bind: AsyncEngine, statements: Statements, platform_id: int | None, *, read_only: bool
    ) -> None:
        self._bind, self._engine, self._statements = bind, bind.sync_engine, statements
        self._platform_id, self._reads = platform_id, read_only
        self._reading: Reading | None = None
        self._is_joined = False
        self._lock = asyncio.Lock()
        self._worker: asyncio.Task[Any] | None = None
        self._is_over = False

    def __getattr__(self, name: str) -> Any:
        """The ORM's session is made when something of it is first asked for: most that is read goes past it."""
        if name not in _OF_THE_ORM:
            raise AttributeError(name)
        super().__init__(self._bind, expire_on_commit=False, autoflush=False)
        return getattr(self, name)

    @property
    def reads_only(self) -> bool:
        """Whether a statement that fails costs itself only, not the transaction."""
        return self._reads

    async def rows(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Sequence[Any]:
        """The rows of `statement`, straight from the driver: named access, no ORM instances.

        `values` are those of its named parameters. Make statements that run often once: then they are compiled
        once. Raises `DBAPIError` for what PostgreSQL refuses.
        """
        compiled = self._statements.of(statement)
        given = compiled.values(values)
        async with self._lock:
            self._begin_turn()
            try:
                if self._reads:
                    rows = await (await self._open_reading()).fetch(compiled, given)
                else:
                    rows = await self._fetch(compiled, given)
            except asyncio.CancelledError:
                self._worker = None  # it is stopping already; `close` waits for it
                if self._reading is not None:
                    await self._reading.forget()
                raise
            finally:
                self._worker = None
        convert = compiled.query.convert
        return rows if convert is None else convert(rows)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Several statements in a row through `run_sync`, without a sibling's between them."""
        async with self._lock:
            self._begin_turn()
            try:
                if self._reads:
                    await self._join()
                yield
            except DBAPIError:
                if self._reading is not None:
                    await self._reading.restore()
                raise
            finally:
                self._worker = None

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
        async with self._lock:
            self._refuse_when_over()
            await super().commit()
            await self._end_reading()

    async def rollback(self) -> None:
        async with self._lock:
            await super().rollback()
            await self._end_reading()

    async def close(self) -> None:
        """Give the connection back, also when cancelled meanwhile. A sibling's statement is cancelled."""
        self._is_over = True
        if self._worker is not None and self._worker is not asyncio.current_task():
            self._worker.cancel()
        if self._reads and not self._is_joined and not self._lock.locked():
            await self._end_reading()
        else:
            await asyncio.shield(asyncio.ensure_future(self._give_back()))

    async def _give_back(self) -> None:
        async with self._lock:
            await super().close()
            await self._end_reading()

    def _begin_turn(self) -> None:
        self._refuse_when_over()
        self._worker = asyncio.current_task()

    def _refuse_when_over(self) -> None:
        if self._is_over:
            raise InvalidRequestError("This session is closed: its operation is over.")

    async def _open_reading(self) -> Reading:
        if self._reading is None:
            reading = Reading(self._engine, self._platform_id)
            await reading.begin()
            self._reading = reading
        return self._reading

    async def _join(self) -> None:
        """Let the ORM read in the same transaction."""
        reading = await self._open_reading()
        reading.require()
        if not self._is_joined:
            self.sync_session.bind = reading.join()
            self._is_joined = True

    async def _end_reading(self) -> None:
        reading, self._reading, self._is_joined = self._reading, None, False
        if reading is not None:
            await reading.end()

    async def _fetch(self, statement: Statement, values: Sequence[Any]) -> Sequence[Row]:
        """The rows, in the transaction of the ORM."""
        connection: Any = (await super().connection()).sync_connection
        return await fetch(self._engine, connection, statement, values)


class Database:
    """The application role's connections, and sessions on them."""

    def __init__(self, engine: AsyncEngine, *, retry_seconds: float = 3.0) -> None:
        self.engine = engine
        self.statements = Statements(engine.dialect)
        self.retry_seconds = retry_seconds

    @classmethod
    def connect(
        cls,
        url: str,
        *,
        owns_role: bool,
        pool_size: int,
        statement_timeout_ms: int,
        pool_wait_seconds: float = 5.0,
        retry_seconds: float = 3.0,
    ) -> Database:
        """`owns_role`: the URL logs in as the application role already; else each connection switches to it.

        Reads are tried again for `retry_seconds` while connections are lost.
        """
        engine = create_engine(
            url,
            role=None if owns_role else APP_ROLE,
            pool_size=pool_size,
            pool_wait_seconds=pool_wait_seconds,
            statement_timeout_ms=statement_timeout_ms,
        )
        return cls(engine, retry_seconds=retry_seconds)

    def session(self, platform_id: int | None, *, read_only: bool = False) -> Session:
        """A session whose transactions see `platform_id` and nothing else; close it when done.

        A read-only session reads one consistent snapshot per transaction.
        """
        engine = self.engine
        if not read_only:
            engine = engine.execution_options(**{PLATFORM_ID: platform_id})
        return Session(engine, self.statements, platform_id, read_only=read_only)

    @asynccontextmanager
    async def begin(self, platform_id: int | None) -> AsyncIterator[Session]:
        """A session in one transaction: committed at the end, rolled back when an exception leaves it."""
        async with self.session(platform_id) as session:
            yield session
            await session.commit()

    async def read(self, platform_id: int | None, work: Callable[[Session], Awaitable[Value]]) -> Value:
        """What `work` reads in a session of its own: in a new one when the connection was lost.

        Raises a `ServiceUnavailable` or `TimedOut` when the database does not answer in time.
        """

        async def once() -> Value:
            async with self.session(platform_id, read_only=True) as session:
                return await work(session)

        try:
            async with asyncio.timeout(self.retry_seconds + LONGEST_TRY):
                return await try_again(once, seconds=self.retry_seconds)
        except TimeoutError:
            raise ConnectionLost from None
        except Exception as error:
            failure = named(error)
            if failure is None or failure is error:
                raise
            raise failure from error

    async def ping(self) -> None:
        """Raise unless PostgreSQL answers at once."""
        async with self.session(None, read_only=True) as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self.engine.dispose()
