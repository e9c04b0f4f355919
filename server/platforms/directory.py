"""Platforms by code, host and id, in memory."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import select

from server.context import PlatformRecord
from server.db.session import Database, Session
from server.db.text import is_storable
from server.platforms.cache import FreshCache, Freshness
from server.platforms.models import Platform

Key = tuple[Literal["code", "host", "id"], str | int]

# Whatever a client invents is remembered as unknown, so it has to be short.
LONGEST_CODE = 63
LONGEST_HOST = 253


def platform_record(row: Platform) -> PlatformRecord:
    """The platform as operations see it."""
    return PlatformRecord(
        id=row.id,
        code=row.code,
        name=row.name,
        timezone=row.timezone,
        currency=row.currency,
        allowed_modules=None if row.allowed_modules is None else frozenset(row.allowed_modules),
        hosts=tuple(row.hosts),
    )


class PlatformDirectory:
    """Answers from memory; that a code, host or id is unknown is remembered too."""

    def __init__(self, database: Database, freshness: Freshness) -> None:
        self._database = database
        self._records: FreshCache[Key, PlatformRecord | None] = FreshCache(self._load, freshness)

    async def by_code(self, code: str) -> PlatformRecord | None:
        """The platform of that code."""
        if len(code) > LONGEST_CODE or not is_storable(code):
            return None
        return await self._records.get(("code", code))

    async def by_host(self, host: str) -> PlatformRecord | None:
        """The platform that answers at that host name (without a port, in any case)."""
        if len(host) > LONGEST_HOST or not is_storable(host):
            return None
        return await self._records.get(("host", host.lower()))

    async def by_id(self, platform_id: int) -> PlatformRecord | None:
        """The platform of that id."""
        return await self._records.get(("id", platform_id))

    async def all(self) -> list[PlatformRecord]:
        """Every platform by code, read now."""

        async def read(session: Session) -> list[PlatformRecord]:
            rows = (await session.execute(select(Platform).order_by(Platform.code))).scalars()
            return [platform_record(row) for row in rows]

        return await self._database.read(None, read)

    def forget(self, platform_id: int) -> None:
        """Read the platform again when next asked, and whatever was unknown: it may exist now."""
        self._records.forget_where(lambda record: record is None or record.id == platform_id)

    def forget_all(self) -> None:
        """Read every platform again when next asked."""
        self._records.forget_all()

    async def _load(self, key: Key) -> PlatformRecord | None:
        kind, value = key
        conditions: dict[str, Any] = {
            "code": Platform.code == value,
            "host": Platform.hosts.contains([value]),
            "id": Platform.id == value,
        }
        statement = select(Platform).where(conditions[kind]).order_by(Platform.id).limit(1)

        async def read(session: Session) -> PlatformRecord | None:
            row = (await session.execute(statement)).scalar_one_or_none()
            return platform_record(row) if row is not None else None

        return await self._database.read(None, read)
