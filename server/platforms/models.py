"""Platforms, and which modules each of them has switched on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, BigId, CreatedAt


class Platform(Base, CreatedAt):
    """A product whose callers share one set of modules. `allowed_modules` null: every module is allowed."""

    __tablename__ = "platform"
    __table_args__ = (
        UniqueConstraint("code"),
        CheckConstraint("code ~ '^[a-z][a-z0-9-]{1,39}$'", "code_form"),
    )

    id: Mapped[BigId]
    code: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(200))
    timezone: Mapped[str] = mapped_column(String(64), default="UTC", server_default="UTC")
    currency: Mapped[str] = mapped_column(String(3), default="EUR", server_default="EUR")
    hosts: Mapped[list[str]] = mapped_column(JSONB, default=list, server_default="[]")
    allowed_modules: Mapped[list[str] | None] = mapped_column(JSONB)
    default_modules: Mapped[list[str]] = mapped_column(JSONB, default=list, server_default="[]")
    default_config: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")


class PlatformModule(Base, CreatedAt):
    """A platform's choice about one module, and its overrides of the module's configuration."""

    __tablename__ = "platform_module"
    __table_args__ = (UniqueConstraint("platform_id", "module_code"),)

    id: Mapped[BigId]
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    module_code: Mapped[str] = mapped_column(String(40))
    is_enabled: Mapped[bool] = mapped_column(default=False, server_default="false")
    config: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    enabled_at: Mapped[datetime | None]
    enabled_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    disabled_at: Mapped[datetime | None]
    disabled_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    updated_at: Mapped[datetime | None]


class ModuleChange(Base):
    """One change of a platform's modules: who, when, what and why. Changes made together share `group_id`."""

    __tablename__ = "module_change"
    __table_args__ = (Index(None, "platform_id", "at"),)

    id: Mapped[BigId]
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    group_id: Mapped[str] = mapped_column(String(36))
    module_code: Mapped[str] = mapped_column(String(40))
    action: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    reason: Mapped[str | None] = mapped_column(String(500))


class MenuVisibility(Base, CreatedAt):
    """A platform's wish to hide a menu item."""

    __tablename__ = "menu_visibility"
    __table_args__ = (UniqueConstraint("platform_id", "item_code", "frontend"),)

    id: Mapped[BigId]
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    item_code: Mapped[str] = mapped_column(String(100))
    frontend: Mapped[str] = mapped_column(String(20))
    is_visible: Mapped[bool] = mapped_column(default=True)
