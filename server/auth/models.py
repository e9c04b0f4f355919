"""Accounts and the credentials that speak for them. Secrets are stored as hashes only."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, BigId, CreatedAt


class UserAccount(Base, CreatedAt):
    """A person who can sign in, on any number of platforms. The e-mail address is kept in lower case."""

    __tablename__ = "user_account"
    __table_args__ = (UniqueConstraint("email"),)

    id: Mapped[BigId]
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    is_operator: Mapped[bool] = mapped_column(default=False, server_default="false")
    is_active: Mapped[bool] = mapped_column(default=True, server_default="true")
    failed_sign_ins: Mapped[int] = mapped_column(default=0, server_default="0")
    locked_until: Mapped[datetime | None]


class UserSession(Base, CreatedAt):
    """A sign-in. `platform_id` is null for an operator who chose no platform."""

    __tablename__ = "user_session"
    __table_args__ = (UniqueConstraint("token_hash"), Index(None, "user_id"), Index(None, "platform_id"))

    id: Mapped[BigId]
    platform_id: Mapped[int | None] = mapped_column(ForeignKey("platform.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class ApiKey(Base, CreatedAt):
    """A partner's key: acts with the permissions in `scopes`, within its creator's reach."""

    __tablename__ = "api_key"
    __table_args__ = (UniqueConstraint("token_hash"), Index(None, "platform_id"), Index(None, "created_by"))

    id: Mapped[BigId]
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    created_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    name: Mapped[str] = mapped_column(String(100))
    prefix: Mapped[str] = mapped_column(String(16))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    scopes: Mapped[list[str]]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
