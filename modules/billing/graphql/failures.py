"""Failures of mutations that a client is expected to handle."""

from typing import ClassVar

import strawberry

from modules.billing import errors
from server.errors import FacetError
from server.graphql.results import Error


@strawberry.type(description="The merchant is archived and takes no subscription any more.")
class MerchantCannotSubscribe(Error):
    raised_as: ClassVar[tuple[type[FacetError], ...]] = (errors.MerchantCannotSubscribe,)


@strawberry.type(description="There is no such tier.")
class TierNotFound(Error):
    raised_as: ClassVar[tuple[type[FacetError], ...]] = (errors.TierNotFound,)


@strawberry.type(description="There is no such subscription, or the caller may not manage it.")
class SubscriptionNotFound(Error):
    raised_as: ClassVar[tuple[type[FacetError], ...]] = (errors.SubscriptionNotFound,)


@strawberry.type(description="Another tier of the platform has the code.")
class TierCodeTaken(Error):
    raised_as: ClassVar[tuple[type[FacetError], ...]] = (errors.TierCodeTaken,)


@strawberry.type(description="The tier is no longer sold.")
class TierIsArchived(Error):
    raised_as: ClassVar[tuple[type[FacetError], ...]] = (errors.TierIsArchived,)


@strawberry.type(description="Another subscription of the platform has the external id.")
class SubscriptionExternalIdTaken(Error):
    raised_as: ClassVar[tuple[type[FacetError], ...]] = (errors.SubscriptionExternalIdTaken,)


@strawberry.type(description="The merchant has a running subscription to the tier already.")
class AlreadySubscribed(Error):
    raised_as: ClassVar[tuple[type[FacetError], ...]] = (errors.AlreadySubscribed,)


@strawberry.type(description="The tier is in another currency than the subscription.")
class CurrencyMismatch(Error):
    raised_as: ClassVar[tuple[type[FacetError], ...]] = (errors.CurrencyMismatch,)


@strawberry.type(description="The subscription is over.")
class SubscriptionHasEnded(Error):
    raised_as: ClassVar[tuple[type[FacetError], ...]] = (errors.SubscriptionHasEnded,)


@strawberry.type(description="The subscription is paused already.")
class SubscriptionAlreadyPaused(Error):
    raised_as: ClassVar[tuple[type[FacetError], ...]] = (errors.SubscriptionAlreadyPaused,)


@strawberry.type(description="The subscription is not paused.")
class SubscriptionNotPaused(Error):
    raised_as: ClassVar[tuple[type[FacetError], ...]] = (errors.SubscriptionNotPaused,)


@strawberry.type(description="The end of the subscription was asked for already.")
class SubscriptionAlreadyCanceled(Error):
    raised_as: ClassVar[tuple[type[FacetError], ...]] = (errors.SubscriptionAlreadyCanceled,)
