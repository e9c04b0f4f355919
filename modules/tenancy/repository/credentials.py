"""Sessions, API keys and the audit log, which the kernel stores."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import any_, select, text
from sqlalchemy.dialects.postgresql import insert

from server.auth.models import ApiKey, UserAccount, UserSession
from server.auth.tokens import NewToken
from server.context import Context
from server.db.audit import AuditEntry
from server.db.paging import Order, Page, fetch_page
from server.db.session import Session
from server.db.statements import Row
from server.db.values import IDS

_REVOKE_SESSION = text("SELECT facet_revoke_session(:id, :user_id, :at)")
_END_SESSIONS = text("SELECT tenancy_end_sessions(:user_id, :kept_id, :at)")
_ACCOUNTS = select(UserAccount.id, UserAccount.email, UserAccount.name).where(UserAccount.id == any_(IDS))
_PLATFORMS_OF = text("SELECT platform_id, code FROM tenancy_platforms_of(:user_id)")


async def add_session(
    session: Session,
    *,
    platform_id: int | None,
    user_id: int,
    token: NewToken,
    now: datetime,
    until: datetime,
) -> UserSession:
    """Store a sign-in."""
    row = UserSession(
        platform_id=platform_id,
        user_id=user_id,
        token_hash=token.hash,
        created_at=now,
        last_used_at=now,
        expires_at=until,
    )
    session.add(row)
    await session.flush()
    return row


async def revoke_session(session: Session, *, id: int, user_id: int, at: datetime) -> bool:
    """End a session of the user, on whatever platform; false when there was none to end."""
    ended: bool = await session.scalar(_REVOKE_SESSION, {"id": id, "user_id": user_id, "at": at})
    return ended


async def end_sessions(session: Session, *, user_id: int, kept_id: int | None, at: datetime) -> int:
    """End every session of the user, on all platforms, except the kept one; how many that were."""
    ended: int = await session.scalar(_END_SESSIONS, {"user_id": user_id, "kept_id": kept_id, "at": at})
    return ended


async def sessions_page(ctx: Context, *, user_id: int, first: int | None, after: str | None) -> Page[Row]:
    """The user's sessions here that can still be used, newest first."""
    statement = select(UserSession).where(
        UserSession.user_id == user_id,
        UserSession.revoked_at.is_(None),
        UserSession.expires_at > ctx.clock.now(),
    )
    order = Order("sessions", UserSession.created_at, UserSession.id, descending=True)
    return await fetch_page(ctx.session, statement, order, first=first, after=after)


async def api_keys_page(
    ctx: Context, *, created_by: int | None, first: int | None, after: str | None
) -> Page[Row]:
    """The platform's keys, newest first; only those of one creator when that is given."""
    statement = select(ApiKey).where(ApiKey.platform_id == ctx.platform_id)
    if created_by is not None:
        statement = statement.where(ApiKey.created_by == created_by)
    order = Order("api_keys", ApiKey.created_at, ApiKey.id, descending=True)
    return await fetch_page(ctx.session, statement, order, first=first, after=after)


async def lock_api_key(ctx: Context, id: int) -> ApiKey | None:
    """The platform's key, locked."""
    statement = select(ApiKey).where(ApiKey.platform_id == ctx.platform_id, ApiKey.id == id)
    key: ApiKey | None = (
        await ctx.session.execute(statement.with_for_update(key_share=True))
    ).scalar_one_or_none()
    return key


async def audit_page(
    ctx: Context,
    *,
    action: str | None,
    user_id: int | None,
    since: datetime | None,
    until: datetime | None,
    first: int | None,
    after: str | None,
) -> Page[Row]:
    """What was done on the platform in [since, until), newest first."""
    statement = select(AuditEntry).where(AuditEntry.platform_id == ctx.platform_id)
    if action is not None:
        statement = statement.where(AuditEntry.action == action)
    if user_id is not None:
        statement = statement.where(AuditEntry.user_id == user_id)
    if since is not None:
        statement = statement.where(AuditEntry.at >= since)
    if until is not None:
        statement = statement.where(AuditEntry.at < until)
    order = Order("audit", AuditEntry.at, AuditEntry.id, descending=True)
    return await fetch_page(ctx.session, statement, order, first=first, after=after)


async def accounts_by_ids(session: Session, ids: Sequence[int]) -> dict[int, Row]:
    """What others see of the accounts, by id."""
    return {row.id: row for row in await session.rows(_ACCOUNTS, {"ids": list(ids)})}


async def account_by_email(session: Session, email: str) -> UserAccount | None:
    """The account with this address (in lower case)."""
    if not email.isprintable():
        return None
    statement = select(UserAccount).where(UserAccount.email == email)
    row: UserAccount | None = (await session.execute(statement)).scalar_one_or_none()
    return row


async def account_for(session: Session, *, email: str, name: str, now: datetime) -> int:
    """The id of the account with this address; a new one without a password when there is none."""
    statement = (
        insert(UserAccount)
        .values(email=email, name=name, created_at=now)
        .on_conflict_do_nothing(index_elements=["email"])
        .returning(UserAccount.id)
    )
    created: int | None = (await session.execute(statement)).scalar_one_or_none()
    if created is not None:
        return created
    found: int = await session.scalar(select(UserAccount.id).where(UserAccount.email == email))
    return found


async def platforms_of(session: Session, user_id: int) -> dict[str, int]:
    """The platforms on which the account has a role: ids by code."""
    rows = await session.rows(_PLATFORMS_OF, {"user_id": user_id})
    return {row.code: row.platform_id for row in rows}
