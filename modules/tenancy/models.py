"""Merchants, stores and memberships."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, PlatformOwned


class Merchant(Base, PlatformOwned):
    """A business on a platform. `external_id` is its id in the system it was imported from."""

    __tablename__ = "tenancy_merchant"
    __table_args__ = (
        UniqueConstraint("platform_id", "id"),
        UniqueConstraint("platform_id", "external_id"),
        Index(None, "platform_id", "created_at", "id"),
        Index(None, "platform_id", "name", "id"),
    )
    merchant_column: ClassVar[str | None] = "id"

    external_id: Mapped[str | None] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(200))
    archived_at: Mapped[datetime | None]


class Store(Base, PlatformOwned):
    """A place where a merchant sells. What is known of its address may be any part of one."""

    __tablename__ = "tenancy_store"
    __table_args__ = (
        UniqueConstraint("platform_id", "id"),
        UniqueConstraint("platform_id", "merchant_id", "id"),
        UniqueConstraint("platform_id", "external_id"),
        ForeignKeyConstraint(
            ["platform_id", "merchant_id"], ["tenancy_merchant.platform_id", "tenancy_merchant.id"]
        ),
        Index(None, "platform_id", "created_at", "id"),
        Index(None, "platform_id", "merchant_id", "created_at", "id"),
        Index(None, "platform_id", "name", "id"),
    )
    merchant_column: ClassVar[str | None] = "merchant_id"
    store_column: ClassVar[str | None] = "id"

    merchant_id: Mapped[int]
    external_id: Mapped[str | None] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(200))
    city: Mapped[str | None] = mapped_column(String(100))
    region: Mapped[str | None] = mapped_column(String(100))
    postal_code: Mapped[str | None] = mapped_column(String(20))
    country_code: Mapped[str | None] = mapped_column(String(2))
    phone: Mapped[str | None] = mapped_column(String(40))
    closed_at: Mapped[datetime | None]


class Membership(Base, PlatformOwned):
    """A person's role: on the platform, for a merchant with all its stores, or for one store.

    `user_id` is null for people who were imported and have no account. `title` is what the merchant calls the
    role; it gives no rights.
    """

    __tablename__ = "tenancy_membership"
    __table_args__ = (
        UniqueConstraint("platform_id", "external_id"),
        ForeignKeyConstraint(
            ["platform_id", "merchant_id"], ["tenancy_merchant.platform_id", "tenancy_merchant.id"]
        ),
        ForeignKeyConstraint(
            ["platform_id", "merchant_id", "store_id"],
            ["tenancy_store.platform_id", "tenancy_store.merchant_id", "tenancy_store.id"],
        ),
        CheckConstraint(
            "(role = 'platform_admin' AND merchant_id IS NULL AND store_id IS NULL)"
            " OR (role = 'merchant_member' AND merchant_id IS NOT NULL AND store_id IS NULL)"
            " OR (role = 'store_staff' AND merchant_id IS NOT NULL AND store_id IS NOT NULL)",
            "role_fits_place",
        ),
        Index(None, "platform_id", "merchant_id", "created_at", "id"),
        Index(None, "platform_id", "merchant_id", "store_id"),
        Index(None, "platform_id", "store_id"),
        Index(None, "platform_id", "user_id"),
        Index(None, "user_id"),
        Index(
            "uq_tenancy_membership_one_open",
            "platform_id",
            "user_id",
            "merchant_id",
            "store_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("ended_at IS NULL AND user_id IS NOT NULL"),
        ),
    )
    merchant_column: ClassVar[str | None] = "merchant_id"
    store_column: ClassVar[str | None] = "store_id"

    merchant_id: Mapped[int | None]
    store_id: Mapped[int | None]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    external_id: Mapped[str | None] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(40))
    title: Mapped[str | None] = mapped_column(String(100))
    ended_at: Mapped[datetime | None]
