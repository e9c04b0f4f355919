"""The GraphQL types of tiers, subscriptions and MRR movements."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Self

import strawberry

from modules.billing import models, mrr
from modules.billing.loaders import SubscriptionNow, subscriptions_by_id, tiers_by_id
from modules.billing.money import to_major
from modules.billing.permissions import VIEW
from modules.billing.service import current_period_end
from modules.tenancy.api import Merchant, merchants_by_id
from server.context import Context
from server.db.statements import Row
from server.graphql.batched import batched, load_known
from server.graphql.info import Info
from server.metrics.format import formatted_amount


@strawberry.enum(description="The unit of a billing period.")
class BillingInterval(Enum):
    DAY = strawberry.enum_value("day", description="Days; a month has 365/12 of them.")
    WEEK = strawberry.enum_value("week", description="Weeks; a month has 52/12 of them.")
    MONTH = strawberry.enum_value("month", description="Calendar months.")
    YEAR = strawberry.enum_value("year", description="Years of twelve months.")


@strawberry.enum(description="What a subscription is at this moment.")
class SubscriptionStatus(Enum):
    SCHEDULED = strawberry.enum_value("scheduled", description="It begins later.")
    TRIALING = strawberry.enum_value("trialing", description="On trial, free of charge.")
    ACTIVE = strawberry.enum_value("active", description="It runs, also when its end is known already.")
    PAST_DUE = strawberry.enum_value("past_due", description="It runs and a payment is overdue.")
    PAUSED = strawberry.enum_value("paused", description="Not charged until it is resumed.")
    CANCELED = strawberry.enum_value("canceled", description="It has ended.")


@strawberry.enum(description="What a change of a merchant's monthly recurring revenue is.")
class MrrMovementKind(Enum):
    NEW = strawberry.enum_value("new", description="The merchant pays for the first time.")
    EXPANSION = strawberry.enum_value("expansion", description="The merchant pays more than before.")
    CONTRACTION = strawberry.enum_value("contraction", description="The merchant pays less, but something.")
    CHURN = strawberry.enum_value("churn", description="The merchant pays nothing any more.")
    REACTIVATION = strawberry.enum_value("reactivation", description="The merchant pays again.")
    FX = strawberry.enum_value("fx", description="Only the exchange rate moved.")


@strawberry.enum(description="What brought a change of monthly recurring revenue about.")
class MrrMovementCause(Enum):
    START = strawberry.enum_value("start", description="A subscription began.")
    TRIAL_END = strawberry.enum_value("trial_end", description="A trial ended.")
    TIER = strawberry.enum_value("tier", description="Another tier.")
    QUANTITY = strawberry.enum_value("quantity", description="Another quantity.")
    PRICE = strawberry.enum_value("price", description="Another price or billing period.")
    PAUSE = strawberry.enum_value("pause", description="A subscription was paused.")
    RESUME = strawberry.enum_value("resume", description="A paused subscription was resumed.")
    PAST_DUE = strawberry.enum_value(
        "past_due", description="The days of grace for an overdue payment passed."
    )
    RECOVERY = strawberry.enum_value("recovery", description="An overdue payment was made after all.")
    END = strawberry.enum_value("end", description="A subscription ended.")


@strawberry.type(description="An amount of money.")
class Money:
    amount: Decimal = strawberry.field(
        description="The exact amount in units of the currency, such as 12.34."
    )
    currency: str = strawberry.field(description="The currency's ISO 4217 code.")
    formatted: str = strawberry.field(description="The amount as people write it in the caller's language.")

    @classmethod
    def of(cls, ctx: Context, amount_minor: int, currency: str) -> Self:
        """The amount of so many minor units."""
        return cls(
            amount=to_major(amount_minor, currency),
            currency=currency,
            formatted=formatted_amount(amount_minor, currency, ctx.locale),
        )


@strawberry.type(description="A plan on sale: a price for every billing period.")
class BillingTier(strawberry.relay.Node):
    id: strawberry.relay.NodeID[int]
    code: str = strawberry.field(description="Stable name, unique on the platform.")
    name: str = strawberry.field(description="Name shown to merchants.")
    description: str = strawberry.field(description="What the tier offers.")
    price: Money = strawberry.field(description="Price of one unit in each billing period.")
    interval: BillingInterval = strawberry.field(description="Unit of the billing period.")
    interval_count: int = strawberry.field(description="Units in a billing period.")
    is_archived: bool = strawberry.field(description="Whether it is no longer sold.")
    position: int = strawberry.field(description="Its place in lists, smallest first.")
    created_at: datetime = strawberry.field(description="When it was put on sale.")

    @classmethod
    def of(cls, ctx: Context, row: models.Tier | Row) -> Self:
        """The tier as clients see it."""
        return cls(
            id=row.id,
            code=row.code,
            name=row.name,
            description=row.description,
            price=Money.of(ctx, row.amount_minor, row.currency),
            interval=BillingInterval(row.interval),
            interval_count=row.interval_count,
            is_archived=row.is_archived,
            position=row.position,
            created_at=row.created_at,
        )

    @classmethod
    async def resolve_nodes(cls, *, info: Info, node_ids: Iterable[str], required: bool = False) -> list[Any]:
        rows = await loaded(info, tiers_by_id, node_ids)
        return [cls.of(info.context, row) if row else None for row in rows]


@strawberry.type(description="A merchant's subscription to a tier, as it is at this moment.")
class BillingSubscription(strawberry.relay.Node):
    id: strawberry.relay.NodeID[int]
    merchant_id: strawberry.Private[int]
    tier_id: strawberry.Private[int]
    external_id: str | None = strawberry.field(description="Its id in the system it was imported from.")
    status: SubscriptionStatus = strawberry.field(description="What it is at this moment.")
    price: Money = strawberry.field(description="Price of one unit in each billing period.")
    quantity: int = strawberry.field(description="How many units are subscribed to.")
    interval: BillingInterval = strawberry.field(description="Unit of the billing period.")
    interval_count: int = strawberry.field(description="Units in a billing period.")
    mrr: Money = strawberry.field(
        description="Monthly recurring revenue: price times quantity, per month. Zero on trial, paused, ended."
    )
    started_at: datetime = strawberry.field(description="When it began, with the trial if any.")
    trial_ends_at: datetime | None = strawberry.field(
        description="When its trial ends or ended; null: no trial."
    )
    current_period_ends_at: datetime | None = strawberry.field(
        description="When the running trial or billing period ends; null once it has ended."
    )
    cancel_requested_at: datetime | None = strawberry.field(description="When its end was asked for.")
    ended_at: datetime | None = strawberry.field(
        description="When it ended, or will end; null while no end is known."
    )
    created_at: datetime = strawberry.field(description="When it was created.")

    @batched(description="What is subscribed to.")
    @staticmethod
    async def tier(parents: Sequence["BillingSubscription"], info: Info) -> Sequence[BillingTier]:
        # Tiers are never deleted.
        rows = await load_known(info.context, tiers_by_id, [one.tier_id for one in parents])
        return [BillingTier.of(info.context, row) for row in rows]

    @batched(description="Who subscribed.")
    @staticmethod
    async def merchant(parents: Sequence["BillingSubscription"], info: Info) -> Sequence[Merchant]:
        # Whoever sees a subscription sees its merchant.
        rows = await load_known(info.context, merchants_by_id, [one.merchant_id for one in parents])
        return [Merchant.of(row) for row in rows]

    @classmethod
    def of(cls, ctx: Context, state: SubscriptionNow) -> Self:
        """The subscription as clients see it."""
        row, terms = state.row, state.terms
        has_ended = terms.status is mrr.Status.CANCELED
        return cls(
            id=row.id,
            merchant_id=row.merchant_id,
            tier_id=terms.tier_id,
            external_id=row.external_id,
            status=SubscriptionStatus(terms.status.value),
            price=Money.of(ctx, terms.amount_minor, terms.currency),
            quantity=terms.quantity,
            interval=BillingInterval(terms.interval.value),
            interval_count=terms.interval_count,
            mrr=Money.of(ctx, terms.mrr_minor, terms.currency),
            started_at=row.started_at,
            trial_ends_at=row.trial_ends_at,
            current_period_ends_at=None if has_ended else current_period_end(ctx, row, terms),
            cancel_requested_at=row.cancel_requested_at,
            ended_at=row.ended_at,
            created_at=row.created_at,
        )

    @classmethod
    async def resolve_nodes(cls, *, info: Info, node_ids: Iterable[str], required: bool = False) -> list[Any]:
        states = await loaded(info, subscriptions_by_id, node_ids)
        return [cls.of(info.context, state) if state else None for state in states]


@strawberry.type(description="One line of the ledger: a merchant's monthly recurring revenue moved.")
class MrrMovement:
    merchant_id: strawberry.Private[int]
    subscription_id: strawberry.Private[int]
    at: datetime = strawberry.field(description="When it moved.")
    kind: MrrMovementKind = strawberry.field(description="What the change is.")
    cause: MrrMovementCause = strawberry.field(description="What brought it about.")
    amount: Money = strawberry.field(description="By how much it moved; negative when it fell.")
    mrr_after: Money = strawberry.field(
        description="The merchant's monthly recurring revenue in this currency from then on."
    )
    recorded_at: datetime = strawberry.field(description="When the line was written.")

    @batched(description="Whose revenue moved.")
    @staticmethod
    async def merchant(parents: Sequence["MrrMovement"], info: Info) -> Sequence[Merchant]:
        # Whoever sees a movement sees its merchant, and its subscription.
        rows = await load_known(info.context, merchants_by_id, [one.merchant_id for one in parents])
        return [Merchant.of(row) for row in rows]

    @batched(description="The subscription that moved it most.")
    @staticmethod
    async def subscription(parents: Sequence["MrrMovement"], info: Info) -> Sequence[BillingSubscription]:
        states = await load_known(info.context, subscriptions_by_id, [one.subscription_id for one in parents])
        return [BillingSubscription.of(info.context, state) for state in states]

    @classmethod
    def of(cls, ctx: Context, row: Row) -> Self:
        """The movement as clients see it."""
        return cls(
            merchant_id=row.merchant_id,
            subscription_id=row.subscription_id,
            at=row.at,
            kind=MrrMovementKind(row.kind),
            cause=MrrMovementCause(row.cause),
            amount=Money.of(ctx, row.amount_minor, row.currency),
            mrr_after=Money.of(ctx, row.mrr_after_minor, row.currency),
            recorded_at=row.recorded_at,
        )


async def loaded(info: Info, batch: Any, node_ids: Iterable[str]) -> list[Any]:
    """What the loader has for these ids; None for those out of reach, and for all without the permission."""
    ids = [int(id) if id.isascii() and id.isdigit() and len(id) < 19 else 0 for id in node_ids]
    if info.context.platform is None or not info.context.caller.can(VIEW):
        return [None for _ in ids]
    found: list[Any] = await info.context.loader(batch).load_many(ids)
    return found
