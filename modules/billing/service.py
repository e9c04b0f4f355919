"""The rules about tiers and subscriptions.

Whoever changes a merchant's subscriptions holds the lock of that merchant's ledger, so that two changes at the
same moment come one after the other, and derives the ledger again before the transaction ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from modules.billing import errors, events
from modules.billing.config import billing_config
from modules.billing.ledger import lock_ledger, rebuild_ledger
from modules.billing.models import Subscription, Tier
from modules.billing.mrr import Interval, Status
from modules.billing.periods import period_end
from modules.billing.repository import SubscriptionRepository, Terms, TierRepository
from modules.billing.values import Values
from modules.tenancy.api import require_merchant
from server.context import Context
from server.db.statements import Row
from server.graphql.ids import global_id


async def create_tier(
    ctx: Context,
    *,
    code: str,
    name: str,
    amount: Decimal,
    currency: str,
    interval: Interval,
    interval_count: int = 1,
    description: str = "",
    position: int = 100,
) -> Tier:
    """Put a tier on sale. `amount` is in major units."""
    values = Values()
    row = {
        "code": values.code("code", code),
        "name": values.text("name", name),
        "description": values.description("description", description),
        "amount_minor": values.amount("amount", amount, currency),
        "currency": values.currency("currency", currency),
        "interval": interval.value,
        "interval_count": values.between("intervalCount", interval_count, 1, 365),
        "position": values.between("position", position, 0, 1_000_000),
    }
    values.check()
    tier = await TierRepository(ctx).add_unless_taken(row | {"created_at": ctx.clock.now()})
    if tier is None:
        raise errors.TierCodeTaken(f"The code {code} is taken by another tier.")
    ctx.audit("billing.tier_created", subject=global_id("BillingTier", tier.id), after=row)
    return tier


async def create_subscription(
    ctx: Context,
    *,
    merchant_id: int,
    tier_id: int,
    quantity: int = 1,
    amount: Decimal | None = None,
    trial_days: int | None = None,
    external_id: str | None = None,
) -> Subscription:
    """Subscribe a merchant to a tier from now on, with the platform's trial unless `trial_days` says otherwise.

    `amount`, in major units, replaces the tier's price.
    """
    merchant = await require_merchant(ctx, merchant_id)
    if merchant.archived_at is not None:
        raise errors.MerchantCannotSubscribe(
            f"{merchant.name} was archived on {merchant.archived_at:%Y-%m-%d}."
        )
    tier = await _tier_on_sale(ctx, tier_id)
    config = await billing_config(ctx)
    values = Values()
    quantity = values.between("quantity", quantity, 0, 1_000_000)
    days = values.between("trialDays", config.trial_days if trial_days is None else trial_days, 0, 365)
    external_id = values.optional_text("externalId", external_id)
    price = tier.amount_minor if amount is None else values.amount("amount", amount, tier.currency)
    values.check()
    await lock_ledger(ctx, merchant_id)
    now = ctx.clock.now()
    subscriptions = SubscriptionRepository(ctx)
    await _refuse_second(subscriptions, merchant_id, tier, now)
    row = await subscriptions.add_unless_taken(
        merchant_id=merchant_id,
        external_id=external_id,
        tier_id=tier.id,
        amount_minor=price,
        currency=tier.currency,
        interval=tier.interval,
        interval_count=tier.interval_count,
        quantity=quantity,
        started_at=now,
        trial_ends_at=now + timedelta(days=days) if days else None,
        created_at=now,
    )
    if row is None:
        raise errors.SubscriptionExternalIdTaken(f"Another subscription has the external id {external_id}.")
    await _derive(ctx, row)
    _audit(ctx, "created", row, after={"tier": tier.code, "quantity": quantity, "amount_minor": price})
    ctx.publish(events.SubscriptionCreated(**_about(ctx, row), tier_id=tier.id))
    return row


async def change_subscription(
    ctx: Context,
    *,
    subscription_id: int,
    tier_id: int | None = None,
    quantity: int | None = None,
    amount: Decimal | None = None,
) -> Subscription:
    """Give a subscription another tier, quantity or price (in major units) from now on.

    A new tier brings its own price and billing interval, unless `amount` says another price. What is already so
    is left alone.
    """
    held = await _hold(ctx, subscription_id)
    row, terms, now = held.row, held.terms, held.now
    values = Values()
    wanted: dict[str, Any] = {}
    if tier_id is not None and tier_id != terms.tier_id:
        tier = await _tier_on_sale(ctx, tier_id)
        if tier.currency != row.currency:
            raise errors.CurrencyMismatch(
                f"The subscription is in {row.currency}, the tier {tier.code} in {tier.currency}: "
                "cancel the subscription and create another."
            )
        await _refuse_second(held.subscriptions, row.merchant_id, tier, now, besides=row.id)
        wanted = {"tier_id": tier.id, "amount_minor": tier.amount_minor}
        if (tier.interval, tier.interval_count) != (terms.interval, terms.interval_count):
            wanted |= {"interval": tier.interval, "interval_count": tier.interval_count}
    if quantity is not None:
        wanted["quantity"] = values.between("quantity", quantity, 0, 1_000_000)
    if amount is not None:
        wanted["amount_minor"] = values.amount("amount", amount, row.currency)
    values.check()
    changed = {name: value for name, value in wanted.items() if value != getattr(terms, name)}
    if not changed:
        return row
    await held.subscriptions.record_change(row.id, now, **wanted)
    await _derive(ctx, row)
    _audit(ctx, "changed", row, before={name: getattr(terms, name) for name in changed}, after=changed)
    ctx.publish(
        events.SubscriptionChanged(
            **_about(ctx, row),
            tier_id=wanted.get("tier_id", terms.tier_id),
            quantity=wanted.get("quantity", terms.quantity),
            amount_minor=wanted.get("amount_minor", terms.amount_minor),
        )
    )
    return row


async def pause_subscription(ctx: Context, *, subscription_id: int) -> Subscription:
    """Stop charging from now on, until it is resumed."""
    held = await _hold(ctx, subscription_id)
    if held.terms.status is Status.PAUSED:
        raise errors.SubscriptionAlreadyPaused("The subscription is paused already.")
    await held.subscriptions.record_change(held.row.id, held.now, status=Status.PAUSED.value)
    await _derive(ctx, held.row)
    _audit(ctx, "paused", held.row)
    ctx.publish(events.SubscriptionPaused(**_about(ctx, held.row)))
    return held.row


async def resume_subscription(ctx: Context, *, subscription_id: int) -> Subscription:
    """Charge a paused subscription again from now on; a trial that has not passed goes on."""
    held = await _hold(ctx, subscription_id)
    if held.terms.status is not Status.PAUSED:
        raise errors.SubscriptionNotPaused(f"The subscription is {held.terms.status.value}, not paused.")
    await held.subscriptions.record_change(held.row.id, held.now, status=Status.ACTIVE.value)
    await _derive(ctx, held.row)
    _audit(ctx, "resumed", held.row)
    ctx.publish(events.SubscriptionResumed(**_about(ctx, held.row)))
    return held.row


async def cancel_subscription(
    ctx: Context, *, subscription_id: int, at_period_end: bool = True
) -> Subscription:
    """End a subscription with the period that is paid for (a trial with its last day), or at once."""
    held = await _hold(ctx, subscription_id)
    row, now = held.row, held.now
    if at_period_end and row.ended_at is not None:
        raise errors.SubscriptionAlreadyCanceled(
            f"The subscription already ends at {row.ended_at:%Y-%m-%dT%H:%MZ}; cancel it at once to end it sooner."
        )
    row.cancel_requested_at = row.cancel_requested_at or now
    row.ended_at = current_period_end(ctx, row, held.terms) if at_period_end else max(now, row.started_at)
    await _derive(ctx, row)
    _audit(ctx, "canceled", row, after={"ended_at": row.ended_at.isoformat()})
    ctx.publish(events.SubscriptionCanceled(**_about(ctx, row), ends_at=row.ended_at))
    return row


async def rebuild_platform(ctx: Context) -> None:
    """Derive the whole platform's ledger again, as after a change of the days of grace."""
    await lock_ledger(ctx)
    await rebuild_ledger(ctx)


def current_period_end(ctx: Context, row: Subscription | Row, terms: Terms) -> datetime:
    """When the running period ends; during a trial, when the trial does."""
    now = max(ctx.clock.now(), row.started_at)
    if row.trial_ends_at is not None and row.trial_ends_at > now:
        return row.trial_ends_at
    return period_end(terms.anchor_at, terms.interval, terms.interval_count, now, ctx.current_platform.zone)


@dataclass(frozen=True, slots=True)
class _Held:
    """A subscription that runs, as it is now and stays until the transaction ends."""

    subscriptions: SubscriptionRepository
    row: Subscription
    terms: Terms
    now: datetime


async def _hold(ctx: Context, subscription_id: int) -> _Held:
    subscriptions = SubscriptionRepository(ctx)
    found = (await subscriptions.by_ids([subscription_id])).get(subscription_id)
    if found is None:
        raise errors.SubscriptionNotFound("There is no such subscription, or you may not manage it.")
    await lock_ledger(ctx, found.merchant_id)
    row = await subscriptions.locked(subscription_id)
    assert row is not None  # subscriptions are never deleted
    now = ctx.clock.now()
    terms = (await subscriptions.terms([row], now))[row.id]
    if terms.status is Status.CANCELED:
        raise errors.SubscriptionHasEnded(f"The subscription ended at {row.ended_at:%Y-%m-%dT%H:%MZ}.")
    return _Held(subscriptions, row, terms, now)


async def _tier_on_sale(ctx: Context, tier_id: int) -> Tier:
    tier = (await TierRepository(ctx).by_ids([tier_id])).get(tier_id)
    if tier is None:
        raise errors.TierNotFound("There is no such tier.")
    if tier.is_archived:
        raise errors.TierIsArchived(f"The tier {tier.code} is no longer sold.")
    return tier


async def _refuse_second(
    subscriptions: SubscriptionRepository, merchant_id: int, tier: Tier, now: datetime, besides: int = 0
) -> None:
    if await subscriptions.is_running(merchant_id, tier.id, now, besides=besides):
        raise errors.AlreadySubscribed(
            f"The merchant has a running subscription to {tier.code}; change its quantity instead."
        )


async def _derive(ctx: Context, row: Subscription) -> None:
    await ctx.session.flush()
    await rebuild_ledger(ctx, [row.merchant_id])


def _about(ctx: Context, row: Subscription) -> dict[str, Any]:
    return {
        "platform_id": ctx.platform_id,
        "at": ctx.clock.now(),
        "subscription_id": row.id,
        "merchant_id": row.merchant_id,
    }


def _audit(
    ctx: Context,
    what: str,
    row: Subscription,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    subject = global_id("BillingSubscription", row.id)
    ctx.audit(f"billing.subscription_{what}", subject=subject, before=before, after=after)
