"""What happened to subscriptions, for other modules to hear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from server.context import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionEvent(Event):
    """Something happened to a subscription of a merchant."""

    subscription_id: int
    merchant_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionCreated(SubscriptionEvent):
    name: ClassVar[str] = "billing.subscription_created"
    tier_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionChanged(SubscriptionEvent):
    name: ClassVar[str] = "billing.subscription_changed"
    tier_id: int
    quantity: int
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionPaused(SubscriptionEvent):
    name: ClassVar[str] = "billing.subscription_paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionResumed(SubscriptionEvent):
    name: ClassVar[str] = "billing.subscription_resumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionCanceled(SubscriptionEvent):
    """`ends_at` may lie ahead: the subscription runs until then."""

    name: ClassVar[str] = "billing.subscription_canceled"
    ends_at: datetime
