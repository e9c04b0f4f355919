"""The tables: tiers, subscriptions with their history, and the ledger of MRR movements.

A subscription's row holds the terms it began with; every later change is a row of its own. What it is worth and
which status it has at an instant follow from both, in the view `billing_subscription_state` (see the migration).
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    TableClause,
    UniqueConstraint,
    column,
    func,
    table,
)
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, BigId, PlatformOwned

INTERVALS = "interval IN ('day', 'week', 'month', 'year')"
CURRENCY = "currency ~ '^[A-Z]{3}$'"


class Tier(Base, PlatformOwned):
    """A plan on sale: a price for every `interval_count` intervals."""

    __tablename__ = "billing_tier"
    __table_args__ = (
        UniqueConstraint("platform_id", "code"),
        UniqueConstraint("platform_id", "id"),
        Index(None, "platform_id", "position", "id"),
        CheckConstraint("amount_minor >= 0", "amount"),
        CheckConstraint("interval_count > 0", "interval_count"),
        CheckConstraint(INTERVALS, "interval"),
        CheckConstraint(CURRENCY, "currency"),
    )

    code: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(String(2000), default="", server_default="")
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    interval: Mapped[str] = mapped_column(String(5))
    interval_count: Mapped[int] = mapped_column(default=1, server_default="1")
    is_archived: Mapped[bool] = mapped_column(default=False, server_default="false")
    position: Mapped[int] = mapped_column(default=100, server_default="100")


class Subscription(Base, PlatformOwned):
    """A merchant's subscription, with the terms it began with. `amount_minor` is the price of one unit.

    `ended_at` may lie ahead: the subscription runs until then.
    """

    __tablename__ = "billing_subscription"
    __table_args__ = (
        ForeignKeyConstraint(
            ["platform_id", "merchant_id"], ["tenancy_merchant.platform_id", "tenancy_merchant.id"]
        ),
        ForeignKeyConstraint(["platform_id", "tier_id"], ["billing_tier.platform_id", "billing_tier.id"]),
        UniqueConstraint("platform_id", "external_id"),
        UniqueConstraint("platform_id", "id"),
        Index(None, "platform_id", "merchant_id", "started_at", "id"),
        Index(None, "platform_id", "tier_id"),
        Index(None, "platform_id", "started_at", "id"),
        CheckConstraint("amount_minor >= 0", "amount"),
        CheckConstraint("quantity >= 0", "quantity"),
        CheckConstraint("interval_count > 0", "interval_count"),
        CheckConstraint(INTERVALS, "interval"),
        CheckConstraint(CURRENCY, "currency"),
        CheckConstraint("ended_at >= started_at", "period"),
    )
    merchant_column: ClassVar[str | None] = "merchant_id"

    merchant_id: Mapped[int]
    external_id: Mapped[str | None] = mapped_column(String(200))
    tier_id: Mapped[int]
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    interval: Mapped[str] = mapped_column(String(5))
    interval_count: Mapped[int] = mapped_column(default=1, server_default="1")
    quantity: Mapped[int] = mapped_column(default=1, server_default="1")
    started_at: Mapped[datetime]
    trial_ends_at: Mapped[datetime | None]
    cancel_requested_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class SubscriptionChange(Base, PlatformOwned):
    """New terms from an instant on; a null keeps what was before."""

    __tablename__ = "billing_subscription_change"
    __table_args__ = (
        ForeignKeyConstraint(
            ["platform_id", "subscription_id"],
            ["billing_subscription.platform_id", "billing_subscription.id"],
        ),
        ForeignKeyConstraint(["platform_id", "tier_id"], ["billing_tier.platform_id", "billing_tier.id"]),
        UniqueConstraint("platform_id", "subscription_id", "at"),
        Index(None, "platform_id", "tier_id"),
        CheckConstraint("amount_minor >= 0", "amount"),
        CheckConstraint("quantity >= 0", "quantity"),
        CheckConstraint("interval_count > 0", "interval_count"),
        CheckConstraint(INTERVALS, "interval"),
        CheckConstraint("(interval IS NULL) = (interval_count IS NULL)", "interval_whole"),
        CheckConstraint("status IN ('active', 'past_due', 'paused')", "status"),
    )

    subscription_id: Mapped[int]
    at: Mapped[datetime]
    amount_minor: Mapped[int | None]
    quantity: Mapped[int | None]
    tier_id: Mapped[int | None]
    interval: Mapped[str | None] = mapped_column(String(5))
    interval_count: Mapped[int | None]
    status: Mapped[str | None] = mapped_column(String(10))


class MrrMovement(Base):
    """A line of the ledger: one customer's MRR in one currency moved by `amount_minor` to `mrr_after_minor`.

    Lines are written and withdrawn, never edited. Those in the future are what is known to come: the end of a
    trial, of a canceled subscription, of the days of grace.
    """

    __tablename__ = "billing_mrr_movement"
    __table_args__ = (
        ForeignKeyConstraint(
            ["platform_id", "merchant_id"], ["tenancy_merchant.platform_id", "tenancy_merchant.id"]
        ),
        ForeignKeyConstraint(
            ["platform_id", "subscription_id"],
            ["billing_subscription.platform_id", "billing_subscription.id"],
        ),
        UniqueConstraint("platform_id", "event_id"),
        Index(None, "platform_id", "merchant_id", "currency", "at"),
        Index(None, "platform_id", "subscription_id"),
        Index(None, "platform_id", "at", "id"),
        CheckConstraint("kind IN ('new', 'expansion', 'contraction', 'churn', 'reactivation', 'fx')", "kind"),
        CheckConstraint("mrr_after_minor >= 0", "mrr_after"),
    )
    merchant_column: ClassVar[str | None] = "merchant_id"
    store_column: ClassVar[str | None] = None

    id: Mapped[BigId]
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    event_id: Mapped[str] = mapped_column(String(32))
    merchant_id: Mapped[int]
    subscription_id: Mapped[int]
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(12))
    cause: Mapped[str] = mapped_column(String(12))
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    mrr_after_minor: Mapped[int]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())


STATE: TableClause = table(
    "billing_subscription_state",
    *(
        column(name)
        for name in (
            "platform_id",
            "merchant_id",
            "subscription_id",
            "from_at",
            "until_at",
            "anchor_at",
            "past_due_at",
            "status",
            "tier_id",
            "amount_minor",
            "currency",
            "quantity",
            "interval",
            "interval_count",
            "mrr_minor",
            "cause",
        )
    ),
)
"""The view of what every subscription is from instant to instant (`until_at` 'infinity': until further notice)."""


def state_at(instant: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """The condition of the states that hold at `instant`."""
    return (STATE.c.from_at <= instant) & (STATE.c.until_at > instant)
