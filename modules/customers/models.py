"""The table of customers."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, PlatformOwned


class Customer(Base, PlatformOwned):
    """Somebody who buys in one store; whoever buys in two stores is a customer of each.

    `created_at` is when the person became a customer. The e-mail address is kept in lower case.
    """

    __tablename__ = "customers_customer"
    __table_args__ = (
        UniqueConstraint("platform_id", "id"),
        UniqueConstraint("platform_id", "external_id"),
        ForeignKeyConstraint(
            ["platform_id", "merchant_id", "store_id"],
            ["tenancy_store.platform_id", "tenancy_store.merchant_id", "tenancy_store.id"],
        ),
        Index(None, "platform_id", "created_at", "id"),
        # With what counting reads, so that it reads nothing else.
        Index(
            "ix_customers_customer_merchant_id_counted",
            *("platform_id", "merchant_id", "created_at", "id"),
            postgresql_include=["archived_at"],
        ),
        Index(
            "ix_customers_customer_store_id_counted",
            *("platform_id", "store_id", "created_at", "id"),
            postgresql_include=["archived_at"],
        ),
        Index(None, "platform_id", "email"),
    )
    merchant_column: ClassVar[str | None] = "merchant_id"
    store_column: ClassVar[str | None] = "store_id"

    merchant_id: Mapped[int]
    store_id: Mapped[int]
    external_id: Mapped[str | None] = mapped_column(String(200))
    name: Mapped[str | None] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(254))
    archived_at: Mapped[datetime | None]
