"""Who switched which modules, when and why."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from server.auth.models import UserAccount
from server.context import Context
from server.db.paging import Order, Page, fetch_page
from server.platforms.models import ModuleChange

NEWEST_FIRST = Order("at", ModuleChange.at, ModuleChange.id, descending=True)


async def module_history(ctx: Context, *, first: int | None, after: str | None) -> Page[ModuleChange]:
    """The changes of the context's platform, newest first."""
    statement = select(ModuleChange).where(ModuleChange.platform_id == ctx.platform_id)
    return await fetch_page(ctx.session, statement, NEWEST_FIRST, first=first, after=after)


async def accounts_by_id(ctx: Context, ids: Sequence[int]) -> list[UserAccount | None]:
    """The accounts, for the names of those who changed something."""
    rows = (await ctx.session.execute(select(UserAccount).where(UserAccount.id.in_(ids)))).scalars()
    found = {row.id: row for row in rows}
    return [found.get(id_) for id_ in ids]
