"""What other modules may use."""

from __future__ import annotations

from modules.billing.events import (
    SubscriptionCanceled,
    SubscriptionChanged,
    SubscriptionCreated,
    SubscriptionPaused,
    SubscriptionResumed,
)
from modules.billing.loaders import subscriptions_by_id, tiers_by_id
from modules.billing.types import BillingSubscription, BillingTier, Money

__all__ = [
    "BillingSubscription",
    "BillingTier",
    "Money",
    "SubscriptionCanceled",
    "SubscriptionChanged",
    "SubscriptionCreated",
    "SubscriptionPaused",
    "SubscriptionResumed",
    "subscriptions_by_id",
    "tiers_by_id",
]
