"""What can go wrong with tiers and subscriptions, by name."""

from __future__ import annotations

from typing import ClassVar

from server.errors import FacetError


class MerchantCannotSubscribe(FacetError):
    """An archived merchant takes no subscription any more."""

    code: ClassVar[str] = "BILLING_MERCHANT_CANNOT_SUBSCRIBE"


class TierNotFound(FacetError):
    """No tier of this platform has the id."""

    code: ClassVar[str] = "BILLING_TIER_NOT_FOUND"


class SubscriptionNotFound(FacetError):
    """No subscription within reach has the id."""

    code: ClassVar[str] = "BILLING_SUBSCRIPTION_NOT_FOUND"


class TierCodeTaken(FacetError):
    """Another tier of the platform has the code."""

    code: ClassVar[str] = "BILLING_TIER_CODE_TAKEN"


class TierIsArchived(FacetError):
    """The tier is no longer sold."""

    code: ClassVar[str] = "BILLING_TIER_IS_ARCHIVED"


class SubscriptionExternalIdTaken(FacetError):
    """Another subscription of the platform has the external id."""

    code: ClassVar[str] = "BILLING_SUBSCRIPTION_EXTERNAL_ID_TAKEN"


class AlreadySubscribed(FacetError):
    """The merchant has a running subscription to the tier."""

    code: ClassVar[str] = "BILLING_ALREADY_SUBSCRIBED"


class CurrencyMismatch(FacetError):
    """A subscription stays in the currency it began with."""

    code: ClassVar[str] = "BILLING_CURRENCY_MISMATCH"


class SubscriptionHasEnded(FacetError):
    """The subscription is over; nothing about it changes any more."""

    code: ClassVar[str] = "BILLING_SUBSCRIPTION_HAS_ENDED"


class SubscriptionAlreadyPaused(FacetError):
    """The subscription is paused."""

    code: ClassVar[str] = "BILLING_SUBSCRIPTION_ALREADY_PAUSED"


class SubscriptionNotPaused(FacetError):
    """Only a paused subscription can be resumed."""

    code: ClassVar[str] = "BILLING_SUBSCRIPTION_NOT_PAUSED"


class SubscriptionAlreadyCanceled(FacetError):
    """The subscription is already going to end at the end of its period."""

    code: ClassVar[str] = "BILLING_SUBSCRIPTION_ALREADY_CANCELED"
