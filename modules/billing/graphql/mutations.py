"""What can be done about billing."""

from typing import Annotated

import strawberry

from modules.billing import service
from modules.billing.graphql.contributions import graph
from modules.billing.graphql.failures import (
    AlreadySubscribed,
    CurrencyMismatch,
    MerchantCannotSubscribe,
    SubscriptionAlreadyCanceled,
    SubscriptionAlreadyPaused,
    SubscriptionExternalIdTaken,
    SubscriptionHasEnded,
    SubscriptionNotFound,
    SubscriptionNotPaused,
    TierCodeTaken,
    TierIsArchived,
    TierNotFound,
)
from modules.billing.graphql.inputs import ChangeSubscriptionInput, CreateSubscriptionInput, CreateTierInput
from modules.billing.loaders import with_terms
from modules.billing.models import Subscription
from modules.billing.mrr import Interval
from modules.billing.permissions import MANAGE
from modules.billing.types import BillingSubscription, BillingTier
from modules.tenancy.api import MerchantNotFound
from server.graphql.fields import mutation_field
from server.graphql.ids import local_id
from server.graphql.info import Info
from server.graphql.results import ValidationFailed

SubscriptionId = Annotated[strawberry.relay.GlobalID, strawberry.argument(description="Which subscription.")]


@strawberry.type(description="The tier is on sale.")
class CreateTierPayload:
    tier: BillingTier = strawberry.field(description="The new tier.")


@strawberry.type(description="The merchant is subscribed.")
class CreateSubscriptionPayload:
    subscription: BillingSubscription = strawberry.field(description="The new subscription.")


@strawberry.type(description="The subscription has the terms that were asked for.")
class ChangeSubscriptionPayload:
    subscription: BillingSubscription = strawberry.field(description="The subscription with its new terms.")


@strawberry.type(description="The subscription is paused.")
class PauseSubscriptionPayload:
    subscription: BillingSubscription = strawberry.field(description="The paused subscription.")


@strawberry.type(description="The subscription is charged again.")
class ResumeSubscriptionPayload:
    subscription: BillingSubscription = strawberry.field(description="The resumed subscription.")


@strawberry.type(description="The subscription has ended or is going to.")
class CancelSubscriptionPayload:
    subscription: BillingSubscription = strawberry.field(description="The subscription with its end.")


CreateTierResult = Annotated[
    CreateTierPayload | TierCodeTaken | ValidationFailed,
    strawberry.union("CreateTierResult", description="What became of a new tier."),
]
CreateSubscriptionResult = Annotated[
    CreateSubscriptionPayload
    | MerchantNotFound
    | MerchantCannotSubscribe
    | TierNotFound
    | TierIsArchived
    | AlreadySubscribed
    | SubscriptionExternalIdTaken
    | ValidationFailed,
    strawberry.union("CreateSubscriptionResult", description="What became of a new subscription."),
]
ChangeSubscriptionResult = Annotated[
    ChangeSubscriptionPayload
    | SubscriptionNotFound
    | SubscriptionHasEnded
    | TierNotFound
    | TierIsArchived
    | AlreadySubscribed
    | CurrencyMismatch
    | ValidationFailed,
    strawberry.union("ChangeSubscriptionResult", description="What became of the new terms."),
]
PauseSubscriptionResult = Annotated[
    PauseSubscriptionPayload | SubscriptionNotFound | SubscriptionHasEnded | SubscriptionAlreadyPaused,
    strawberry.union("PauseSubscriptionResult", description="What became of the pause."),
]
ResumeSubscriptionResult = Annotated[
    ResumeSubscriptionPayload | SubscriptionNotFound | SubscriptionHasEnded | SubscriptionNotPaused,
    strawberry.union("ResumeSubscriptionResult", description="What became of resuming."),
]
CancelSubscriptionResult = Annotated[
    CancelSubscriptionPayload | SubscriptionNotFound | SubscriptionHasEnded | SubscriptionAlreadyCanceled,
    strawberry.union("CancelSubscriptionResult", description="What became of the cancellation."),
]


@graph.mutation
class BillingMutation:
    @mutation_field(description="Put a tier on sale.", permission=MANAGE)
    async def create_tier(
        self,
        info: Info,
        input: Annotated[CreateTierInput, strawberry.argument(description="The tier.")],
    ) -> CreateTierResult | None:
        tier = await service.create_tier(
            info.context,
            code=input.code,
            name=input.name,
            description=input.description,
            amount=input.amount,
            currency=input.currency,
            interval=Interval[input.interval.name],
            interval_count=input.interval_count,
            position=input.position,
        )
        return CreateTierPayload(tier=BillingTier.of(info.context, tier))

    @mutation_field(description="Subscribe a merchant to a tier.", permission=MANAGE)
    async def create_subscription(
        self,
        info: Info,
        input: Annotated[CreateSubscriptionInput, strawberry.argument(description="Who and what.")],
    ) -> CreateSubscriptionResult | None:
        row = await service.create_subscription(
            info.context,
            merchant_id=local_id(input.merchant_id, "Merchant"),
            tier_id=local_id(input.tier_id, "BillingTier"),
            quantity=input.quantity,
            amount=input.amount,
            trial_days=input.trial_days,
            external_id=input.external_id,
        )
        return CreateSubscriptionPayload(subscription=await _shown(info, row))

    @mutation_field(
        description="Give a subscription another tier, quantity or price from now on.", permission=MANAGE
    )
    async def change_subscription(
        self,
        info: Info,
        input: Annotated[ChangeSubscriptionInput, strawberry.argument(description="The new terms.")],
    ) -> ChangeSubscriptionResult | None:
        row = await service.change_subscription(
            info.context,
            subscription_id=local_id(input.id, "BillingSubscription"),
            tier_id=local_id(input.tier_id, "BillingTier") if input.tier_id else None,
            quantity=input.quantity,
            amount=input.amount,
        )
        return ChangeSubscriptionPayload(subscription=await _shown(info, row))

    @mutation_field(description="Stop charging for a subscription until it is resumed.", permission=MANAGE)
    async def pause_subscription(self, info: Info, id: SubscriptionId) -> PauseSubscriptionResult | None:
        key = local_id(id, "BillingSubscription")
        row = await service.pause_subscription(info.context, subscription_id=key)
        return PauseSubscriptionPayload(subscription=await _shown(info, row))

    @mutation_field(description="Charge for a paused subscription again.", permission=MANAGE)
    async def resume_subscription(self, info: Info, id: SubscriptionId) -> ResumeSubscriptionResult | None:
        key = local_id(id, "BillingSubscription")
        row = await service.resume_subscription(info.context, subscription_id=key)
        return ResumeSubscriptionPayload(subscription=await _shown(info, row))

    @mutation_field(
        description="End a subscription with the period that is paid for, or at once.", permission=MANAGE
    )
    async def cancel_subscription(
        self,
        info: Info,
        id: SubscriptionId,
        at_period_end: Annotated[
            bool,
            strawberry.argument(
                description="Whether it runs until the end of the period; false ends it now."
            ),
        ] = True,
    ) -> CancelSubscriptionResult | None:
        key = local_id(id, "BillingSubscription")
        row = await service.cancel_subscription(
            info.context, subscription_id=key, at_period_end=at_period_end
        )
        return CancelSubscriptionPayload(subscription=await _shown(info, row))


async def _shown(info: Info, row: Subscription) -> BillingSubscription:
    [state] = await with_terms(info.context, [row])
    return BillingSubscription.of(info.context, state)
