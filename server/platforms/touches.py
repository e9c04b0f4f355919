"""Noting that credentials are used, which lets sessions live on: beside the requests, never in their way."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from server.auth.caller import CallerKind
from server.db.session import Database
from server.errors import FacetError
from server.platforms.remembered import Credential
from server.telemetry.logging import get_logger

logger = get_logger(__name__)

TOUCH_EVERY = timedelta(minutes=1)

_TOUCH = text("SELECT facet_touch_credential(:hash, :used_at, :expires_at)")


class Touches:
    """Writes down the use of each token once a minute, one after the other."""

    def __init__(self, database: Database, session_lifetime: timedelta) -> None:
        self._database, self._session_lifetime = database, session_lifetime
        self._waiting: OrderedDict[bytes, tuple[Credential, datetime]] = OrderedDict()
        self._recent: OrderedDict[bytes, datetime] = OrderedDict()
        self._task: asyncio.Task[None] | None = None

    def note(self, credential: Credential, now: datetime) -> None:
        """The credential is used now. Nothing happens when its last use was noted within the minute."""
        last = credential.last_used_at
        if last is not None and now - last < TOUCH_EVERY:
            return
        recent = self._recent.get(credential.hash)
        if recent is not None and now - recent < TOUCH_EVERY:
            return
        self._forget_old(now)
        self._recent[credential.hash] = now
        self._recent.move_to_end(credential.hash)
        self._waiting[credential.hash] = credential, now
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._write_all(), name="touches")

    async def settle(self) -> None:
        """Return once every use noted so far is written, or has failed to be."""
        while self._task is not None:
            await asyncio.wait({self._task})

    async def stop(self) -> None:
        """Finish the write under way and drop the others: a session lives on by its next use."""
        self._waiting.clear()
        await self.settle()

    def _forget_old(self, now: datetime) -> None:
        while self._recent:
            token_hash, at = next(iter(self._recent.items()))
            if now - at < TOUCH_EVERY:
                return
            del self._recent[token_hash]

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                _, (credential, used_at) = self._waiting.popitem(last=False)
                await self._write(credential, used_at)
        finally:
            self._task = None

    async def _write(self, credential: Credential, used_at: datetime) -> None:
        """A failure is logged; the next try is a minute later."""
        until = used_at + self._session_lifetime
        values = {"hash": credential.hash, "used_at": used_at, "expires_at": until}
        try:
            async with self._database.begin(None) as session:
                await session.execute(_TOUCH, values)
        except (SQLAlchemyError, FacetError, OSError) as error:
            logger.warning("credential_not_touched", error=type(error).__name__)
            return
        credential.last_used_at = used_at
        if credential.kind is CallerKind.SESSION:
            credential.expires_at = until
            credential.callers.clear()
