"""The audit log: who did what to what, when, why, and how it was before and after."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, BigId


class AuditEntry(Base):
    """Append-only: the application role may insert and read, never change or delete."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_platform_at", "platform_id", "at", "id"), Index(None, "user_id"))

    id: Mapped[BigId]
    platform_id: Mapped[int | None] = mapped_column(ForeignKey("platform.id"))
    at: Mapped[datetime]
    actor_kind: Mapped[str] = mapped_column(String(20))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    credential_id: Mapped[int | None]
    action: Mapped[str] = mapped_column(String(100))
    subject: Mapped[str] = mapped_column(String(200), default="")
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    reason: Mapped[str | None] = mapped_column(String(500))
    request_id: Mapped[str] = mapped_column(String(64), default="-")
