"""Platforms, which the kernel stores."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Select, any_, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from server.context import Context
from server.db.paging import Order, Page, fetch_page
from server.db.session import Session
from server.db.statements import Row
from server.db.values import BIGINTS, IDS
from server.platforms.models import Platform

_BY_IDS = select(Platform).where(Platform.id == any_(IDS))


async def insert_platform(session: Session, **values: Any) -> Platform | None:
    """A new platform; None when the code is taken."""
    statement = (
        insert(Platform).values(**values).on_conflict_do_nothing(index_elements=["code"]).returning(Platform)
    )
    row: Platform | None = (await session.execute(statement)).scalar_one_or_none()
    return row


async def lock_platform(ctx: Context) -> Platform:
    """The operation's platform; nobody else changes it before this transaction ends."""
    statement = select(Platform).where(Platform.id == ctx.platform_id).with_for_update(key_share=True)
    row: Platform = (await ctx.session.execute(statement)).scalar_one()
    return row


async def platforms_page(
    ctx: Context, ids: list[int] | None, *, first: int | None, after: str | None
) -> Page[Row]:
    """The platforms with these ids (None: all), by code."""
    statement: Select[Any] = select(Platform)
    if ids is not None:
        statement = statement.where(Platform.id == any_(bindparam(None, ids, type_=BIGINTS)))
    order = Order("platforms", Platform.code, Platform.id)
    return await fetch_page(ctx.session, statement, order, first=first, after=after)


async def platforms_by_ids(session: Session, ids: Collection[int]) -> Sequence[Row]:
    """The platforms with these ids."""
    return await session.rows(_BY_IDS, {"ids": list(ids)})
