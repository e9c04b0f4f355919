"""The files of subscriptions and of what changed about them."""

from __future__ import annotations

from sqlalchemy import text

from modules.billing.ledger import lock_ledger, rebuild_ledger
from modules.billing.money import LARGEST_MINOR, minor_digits
from server.context import Context
from server.contracts.imports import Column, ColumnKind, ImportFile

SUBSCRIPTIONS_TOUCHED = text("SELECT DISTINCT merchant_id FROM pg_temp.staging")
CHANGES_TOUCHED = text(
    "SELECT DISTINCT subscription.merchant_id FROM pg_temp.staging"
    " JOIN billing_subscription AS subscription ON subscription.id = staging.subscription_id"
)


async def rebuild_of_subscriptions(ctx: Context) -> None:
    """Derive the ledger of the merchants whose subscriptions were imported."""
    await _rebuild(ctx, SUBSCRIPTIONS_TOUCHED)


async def rebuild_of_changes(ctx: Context) -> None:
    """Derive the ledger of the merchants for whose subscriptions changes were imported."""
    await _rebuild(ctx, CHANGES_TOUCHED)


async def _rebuild(ctx: Context, touched: object) -> None:
    merchant_ids = list((await ctx.session.execute(touched)).scalars())
    if merchant_ids:
        await lock_ledger(ctx)
        await rebuild_ledger(ctx, merchant_ids)


def factor(currency: str) -> str:
    """SQL for the minor units in one unit of `currency`, an expression."""
    by_digits: dict[int, list[str]] = {}
    for code, digits in sorted(minor_digits().items()):
        by_digits.setdefault(digits, []).append(f"'{code}'")
    cases = (
        f"WHEN {currency} IN ({', '.join(codes)}) THEN {10**digits}" for digits, codes in by_digits.items()
    )
    return f"(CASE {' '.join(cases)} ELSE 100 END)"


# Everything that is put into the statements below is a constant of this file.
MINOR = f"(staging.amount * {factor('staging.currency')})"
OF_CHANGE = """(SELECT subscription.{column} FROM billing_subscription AS subscription
    WHERE subscription.id = staging.subscription_id)"""
CHANGE_FACTOR = factor(OF_CHANGE.format(column="currency"))

NEW_TIERS = """
    INSERT INTO billing_tier
        (platform_id, code, name, amount_minor, currency, interval, interval_count, created_at)
    SELECT DISTINCT ON (staging.tier) :platform_id, staging.tier, staging.tier, {amount}, {currency},
        {interval}, {count}, {at}
    FROM pg_temp.staging {join}
    WHERE staging.tier IS NOT NULL
    ORDER BY staging.tier, {at}, staging._line
    ON CONFLICT (platform_id, code) DO NOTHING"""
TIERS_OF_SUBSCRIPTIONS = text(
    NEW_TIERS.format(
        amount=f"{MINOR}::bigint",
        currency="staging.currency",
        interval="staging.interval",
        count="staging.interval_count",
        at="staging.started_at",
        join="",
    )
)
TIERS_OF_CHANGES = text(
    NEW_TIERS.format(
        amount=f"coalesce(staging.amount * {factor('subscription.currency')}, subscription.amount_minor)::bigint",
        currency="subscription.currency",
        interval="subscription.interval",
        count="subscription.interval_count",
        at="staging.at",
        join="JOIN billing_subscription AS subscription ON subscription.id = staging.subscription_id",
    )
)


async def add_tiers_of_subscriptions(ctx: Context) -> None:
    """Create the tiers that subscriptions name and the platform lacks."""
    await ctx.session.execute(TIERS_OF_SUBSCRIPTIONS, {"platform_id": ctx.platform_id})


async def add_tiers_of_changes(ctx: Context) -> None:
    """Create the tiers that changes name and the platform lacks."""
    await ctx.session.execute(TIERS_OF_CHANGES, {"platform_id": ctx.platform_id})


SUBSCRIPTIONS = ImportFile(
    name="subscriptions",
    description="What merchants are subscribed to, with the terms each subscription began with.",
    columns=(
        Column("external_id", description="The subscription's id in your system, unique on the platform."),
        Column("merchant_id", ColumnKind.REFERENCE, references="merchants", description="Who subscribed."),
        Column("tier", max_length=100, description="Code of the tier; one that is missing is created."),
        Column("amount", ColumnKind.AMOUNT, minimum=0, description="Price of one unit in each period."),
        Column("currency", ColumnKind.CURRENCY, description="Currency of the amount, such as EUR."),
        Column(
            "interval",
            ColumnKind.CHOICE,
            choices=("day", "week", "month", "year"),
            description="Unit of the billing period.",
        ),
        Column("interval_count", ColumnKind.INTEGER, minimum=1, description="Units in a billing period."),
        Column("quantity", ColumnKind.INTEGER, minimum=0, description="How many units are subscribed to."),
        Column("started_at", ColumnKind.TIMESTAMP, description="When it began, with the trial if any."),
        Column(
            "trial_ends_at",
            ColumnKind.TIMESTAMP,
            required=False,
            description="When the trial ends; empty: none.",
        ),
        Column(
            "cancel_requested_at",
            ColumnKind.TIMESTAMP,
            required=False,
            description="When its end was asked for.",
        ),
        Column(
            "ended_at", ColumnKind.TIMESTAMP, required=False, description="When it ended; empty: it runs."
        ),
    ),
    table="billing_subscription",
    checks={
        f"{MINOR} = trunc({MINOR})": "amount: has more decimals than its currency",
        f"{MINOR} * staging.quantity <= {LARGEST_MINOR}": "amount: too large",
        "staging.interval_count <= 1000": "interval_count: more than 1000",
        "staging.ended_at >= staging.started_at": "ended_at: before started_at",
        """NOT EXISTS (SELECT FROM billing_subscription AS subscription
            WHERE subscription.platform_id = :platform_id AND subscription.external_id = staging.external_id
                AND subscription.merchant_id <> staging.merchant_id)""": "merchant_id: the subscription is known "
        "and belongs to another merchant",
    },
    merge=f"""
        INSERT INTO billing_subscription AS subscription
            (platform_id, merchant_id, external_id, tier_id, amount_minor, currency, interval, interval_count,
             quantity, started_at, trial_ends_at, cancel_requested_at, ended_at, created_at)
        SELECT :platform_id, staging.merchant_id, staging.external_id, tier.id, {
        MINOR
    }::bigint, staging.currency,
            staging.interval, staging.interval_count, staging.quantity, staging.started_at, staging.trial_ends_at,
            staging.cancel_requested_at, staging.ended_at, staging.started_at
        FROM staging
        JOIN billing_tier AS tier ON tier.platform_id = :platform_id AND tier.code = staging.tier
        ON CONFLICT (platform_id, external_id) DO UPDATE SET
            tier_id = excluded.tier_id, amount_minor = excluded.amount_minor, currency = excluded.currency,
            interval = excluded.interval, interval_count = excluded.interval_count, quantity = excluded.quantity,
            started_at = excluded.started_at, trial_ends_at = excluded.trial_ends_at,
            cancel_requested_at = excluded.cancel_requested_at, ended_at = excluded.ended_at,
            created_at = excluded.created_at
        WHERE (subscription.tier_id, subscription.amount_minor, subscription.currency, subscription.interval,
               subscription.interval_count, subscription.quantity, subscription.started_at,
               subscription.trial_ends_at, subscription.cancel_requested_at, subscription.ended_at)
            IS DISTINCT FROM
              (excluded.tier_id, excluded.amount_minor, excluded.currency, excluded.interval,
               excluded.interval_count, excluded.quantity, excluded.started_at,
               excluded.trial_ends_at, excluded.cancel_requested_at, excluded.ended_at)
        RETURNING (xmax = 0) AS inserted
    """,  # noqa: S608  # constants
    before_merge=add_tiers_of_subscriptions,
    after_merge=rebuild_of_subscriptions,
)

CHANGES = ImportFile(
    name="subscription_changes",
    description="New terms of subscriptions from an instant on. What is left empty stays as it was.",
    columns=(
        Column("subscription_id", ColumnKind.REFERENCE, references="subscriptions", description="Which one."),
        Column("at", ColumnKind.TIMESTAMP, description="From when on."),
        Column("amount", ColumnKind.AMOUNT, required=False, minimum=0, description="New price of one unit."),
        Column("quantity", ColumnKind.INTEGER, required=False, minimum=0, description="New number of units."),
        Column(
            "tier",
            required=False,
            max_length=100,
            description="Code of the new tier; its price does not follow by itself.",
        ),
        Column(
            "status",
            ColumnKind.CHOICE,
            required=False,
            choices=("active", "past_due", "paused"),
            description="New status.",
        ),
    ),
    table="billing_subscription_change",
    key=("subscription_id", "at"),
    checks={
        f"staging.amount * {CHANGE_FACTOR} = trunc(staging.amount * {CHANGE_FACTOR})": "amount: has more decimals "
        "than the currency of the subscription",
        f"staging.amount * {CHANGE_FACTOR} * coalesce(staging.quantity, 1) <= {LARGEST_MINOR}": "amount: too large",
        f"staging.at >= {OF_CHANGE.format(column='started_at')}": "at: before the subscription began",
        "num_nonnulls(staging.amount, staging.quantity, staging.tier, staging.status) > 0": "amount, quantity, "
        "tier and status are all empty",
    },
    merge=f"""
        INSERT INTO billing_subscription_change AS change
            (platform_id, subscription_id, at, amount_minor, quantity, tier_id, status, created_at)
        SELECT :platform_id, subscription.id, staging.at,
            (staging.amount * {factor("subscription.currency")})::bigint, staging.quantity, tier.id,
            staging.status, staging.at
        FROM staging
        JOIN billing_subscription AS subscription ON subscription.id = staging.subscription_id
        LEFT JOIN billing_tier AS tier ON tier.platform_id = :platform_id AND tier.code = staging.tier
        ON CONFLICT (platform_id, subscription_id, at) DO UPDATE SET
            amount_minor = excluded.amount_minor, quantity = excluded.quantity, tier_id = excluded.tier_id,
            status = excluded.status
        WHERE (change.amount_minor, change.quantity, change.tier_id, change.status)
            IS DISTINCT FROM (excluded.amount_minor, excluded.quantity, excluded.tier_id, excluded.status)
        RETURNING (xmax = 0) AS inserted
    """,  # noqa: S608  # constants
    before_merge=add_tiers_of_changes,
    after_merge=rebuild_of_changes,
)

DECLARED = (SUBSCRIPTIONS, CHANGES)
