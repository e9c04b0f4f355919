"""Tiers, subscriptions with their history, and the ledger of MRR movements."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import op

from server.db.engine import APP_ROLE
from server.db.security import enable_row_level_security

revision = "billing_001"
down_revision = None
branch_labels = ("billing",)
depends_on = ("kernel_001", "tenancy_001")

INTERVALS = "interval IN ('day', 'week', 'month', 'year')"
CURRENCY = "currency ~ '^[A-Z]{3}$'"

STATE = """
CREATE VIEW billing_subscription_state WITH (security_invoker = true) AS
WITH step AS (
  -- An instant at which something may change: the start, a change of terms, the end of the trial.
  SELECT platform_id, merchant_id, id AS subscription_id, currency, trial_ends_at, ended_at,
         '-infinity'::timestamptz AS position, started_at AS at, greatest(started_at, trial_ends_at) AS anchor_at,
         amount_minor, quantity, tier_id, interval, interval_count, 'active'::varchar AS status
  FROM billing_subscription
  UNION ALL
  SELECT s.platform_id, s.merchant_id, s.id, s.currency, s.trial_ends_at, s.ended_at,
         c.at, greatest(c.at, s.started_at), CASE WHEN c.interval IS NOT NULL THEN greatest(c.at, s.trial_ends_at) END,
         c.amount_minor, c.quantity, c.tier_id, c.interval, c.interval_count, c.status
  FROM billing_subscription_change c
  JOIN billing_subscription s ON s.platform_id = c.platform_id AND s.id = c.subscription_id
  UNION ALL
  SELECT platform_id, merchant_id, id, currency, trial_ends_at, ended_at,
         trial_ends_at, trial_ends_at, NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM billing_subscription
  WHERE trial_ends_at > started_at
),
numbered AS (
  -- A term that a step leaves open keeps its value: each value opens a group that runs to the next one.
  SELECT *,
         count(amount_minor) OVER history AS amount_group, count(quantity) OVER history AS quantity_group,
         count(tier_id) OVER history AS tier_group, count(interval) OVER history AS interval_group,
         count(status) OVER history AS status_group,
         lead(at, 1, 'infinity') OVER history AS next_at
  FROM step
  WINDOW history AS (PARTITION BY platform_id, merchant_id, subscription_id ORDER BY position)
),
term AS (
  SELECT platform_id, merchant_id, subscription_id, currency, at AS from_at, least(next_at, ended_at) AS until_at,
         trial_ends_at, max(anchor_at) OVER same_interval AS anchor_at,
         max(amount_minor) OVER same_amount AS amount_minor, max(quantity) OVER same_quantity AS quantity,
         max(tier_id) OVER same_tier AS tier_id, max(interval) OVER same_interval AS interval,
         max(interval_count) OVER same_interval AS interval_count, max(status) OVER same_status AS status
  FROM numbered
  WINDOW same_interval AS (PARTITION BY platform_id, merchant_id, subscription_id, interval_group),
         same_amount AS (PARTITION BY platform_id, merchant_id, subscription_id, amount_group),
         same_quantity AS (PARTITION BY platform_id, merchant_id, subscription_id, quantity_group),
         same_tier AS (PARTITION BY platform_id, merchant_id, subscription_id, tier_group),
         same_status AS (PARTITION BY platform_id, merchant_id, subscription_id, status_group)
),
state AS (
  SELECT platform_id, merchant_id, subscription_id, currency, from_at, until_at, anchor_at,
         amount_minor, quantity, tier_id, interval, interval_count,
         CASE WHEN status <> 'paused' AND from_at < trial_ends_at THEN 'trialing' ELSE status END AS status
  FROM term
  WHERE from_at < until_at
),
compared AS (
  SELECT *,
         lag(status) OVER history AS status_before, lag(tier_id) OVER history AS tier_before,
         lag(quantity) OVER history AS quantity_before, lag(amount_minor) OVER history AS amount_before,
         lag(interval) OVER history AS interval_before
  FROM state
  WINDOW history AS (PARTITION BY platform_id, merchant_id, subscription_id ORDER BY from_at)
)
SELECT platform_id, merchant_id, subscription_id, from_at, until_at, anchor_at, status, tier_id,
       amount_minor, currency, quantity, interval, interval_count,
       CASE WHEN status = 'past_due' THEN
         max(from_at) FILTER (WHERE status = 'past_due' AND status_before IS DISTINCT FROM 'past_due')
         OVER (PARTITION BY platform_id, merchant_id, subscription_id ORDER BY from_at)
       END AS past_due_at,
       CASE WHEN status IN ('active', 'past_due') THEN
         round(amount_minor::numeric * quantity
           * CASE interval WHEN 'day' THEN 365 WHEN 'week' THEN 52 WHEN 'month' THEN 12 ELSE 1 END
           / (12 * interval_count))::bigint
       ELSE 0 END AS mrr_minor,
       CASE
         WHEN status_before IS NULL THEN 'start'
         WHEN status = 'paused' THEN 'pause'
         WHEN status_before = 'paused' THEN 'resume'
         WHEN status_before = 'trialing' THEN 'trial_end'
         WHEN tier_id <> tier_before THEN 'tier'
         WHEN quantity <> quantity_before THEN 'quantity'
         WHEN amount_minor <> amount_before OR interval <> interval_before THEN 'price'
         WHEN status_before = 'past_due' THEN 'recovery'
         ELSE 'price'
       END AS cause
FROM compared
"""


def common(table: str) -> list[sa.schema.SchemaItem]:
    """The columns and constraints every table of ours has."""
    return [
        sa.Column("id", sa.BigInteger, sa.Identity(always=False), nullable=False),
        sa.Column("platform_id", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["platform_id"], ["platform.id"], name=f"fk_{table}_platform_id"),
    ]


def number(name: str, *, nullable: bool = False, default: str | None = None) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable, server_default=default)


def words(name: str, length: int, *, nullable: bool = False, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=nullable, server_default=default)


def instant(name: str, *, nullable: bool = True, default: str | None = None) -> sa.Column[datetime]:
    server_default = sa.text(default) if default else None
    kind: sa.types.TypeEngine[datetime] = sa.DateTime(timezone=True)
    return sa.Column(name, kind, nullable=nullable, server_default=server_default)


def refers(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    """A reference within the platform."""
    return sa.ForeignKeyConstraint(
        ["platform_id", column],
        [f"{target}.platform_id", f"{target}.id"],
        name=f"fk_{table}_platform_id_{column}",
    )


def unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=f"uq_{table}_{'_'.join(columns)}")


def check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=f"ck_{table}_{name}")


def index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def upgrade() -> None:
    create_tier()
    create_subscription()
    create_change()
    create_movement()
    op.execute(STATE)
    op.execute(f"GRANT SELECT ON billing_subscription_state TO {APP_ROLE}")


def create_tier() -> None:
    table = "billing_tier"
    op.create_table(
        table,
        *common(table),
        words("code", 100),
        words("name", 200),
        words("description", 2000, default=""),
        number("amount_minor"),
        words("currency", 3),
        words("interval", 5),
        number("interval_count", default="1"),
        sa.Column("is_archived", sa.Boolean, nullable=False, server_default="false"),
        number("position", default="100"),
        instant("created_at", nullable=False, default="now()"),
        unique(table, "platform_id", "code"),
        unique(table, "platform_id", "id"),
        check(table, "amount", "amount_minor >= 0"),
        check(table, "interval_count", "interval_count > 0"),
        check(table, "interval", INTERVALS),
        check(table, "currency", CURRENCY),
    )
    index(table, "platform_id", "position", "id")
    enable_row_level_security(table)


def create_subscription() -> None:
    table = "billing_subscription"
    op.create_table(
        table,
        *common(table),
        number("merchant_id"),
        words("external_id", 200, nullable=True),
        number("tier_id"),
        number("amount_minor"),
        words("currency", 3),
        words("interval", 5),
        number("interval_count", default="1"),
        number("quantity", default="1"),
        instant("started_at", nullable=False),
        instant("trial_ends_at"),
        instant("cancel_requested_at"),
        instant("ended_at"),
        instant("created_at", nullable=False, default="now()"),
        refers(table, "merchant_id", "tenancy_merchant"),
        refers(table, "tier_id", "billing_tier"),
        unique(table, "platform_id", "external_id"),
        unique(table, "platform_id", "id"),
        check(table, "amount", "amount_minor >= 0"),
        check(table, "quantity", "quantity >= 0"),
        check(table, "interval_count", "interval_count > 0"),
        check(table, "interval", INTERVALS),
        check(table, "currency", CURRENCY),
        check(table, "period", "ended_at >= started_at"),
    )
    index(table, "platform_id", "merchant_id", "started_at", "id")
    index(table, "platform_id", "tier_id")
    index(table, "platform_id", "started_at", "id")
    enable_row_level_security(table)


def create_change() -> None:
    table = "billing_subscription_change"
    op.create_table(
        table,
        *common(table),
        number("subscription_id"),
        instant("at", nullable=False),
        number("amount_minor", nullable=True),
        number("quantity", nullable=True),
        number("tier_id", nullable=True),
        words("interval", 5, nullable=True),
        number("interval_count", nullable=True),
        words("status", 10, nullable=True),
        instant("created_at", nullable=False, default="now()"),
        refers(table, "subscription_id", "billing_subscription"),
        refers(table, "tier_id", "billing_tier"),
        unique(table, "platform_id", "subscription_id", "at"),
        check(table, "amount", "amount_minor >= 0"),
        check(table, "quantity", "quantity >= 0"),
        check(table, "interval_count", "interval_count > 0"),
        check(table, "interval", INTERVALS),
        check(table, "interval_whole", "(interval IS NULL) = (interval_count IS NULL)"),
        check(table, "status", "status IN ('active', 'past_due', 'paused')"),
    )
    index(table, "platform_id", "tier_id")
    enable_row_level_security(table)


def create_movement() -> None:
    table = "billing_mrr_movement"
    op.create_table(
        table,
        *common(table),
        words("event_id", 32),
        number("merchant_id"),
        number("subscription_id"),
        instant("at", nullable=False),
        words("kind", 12),
        words("cause", 12),
        number("amount_minor"),
        words("currency", 3),
        number("mrr_after_minor"),
        instant("recorded_at", nullable=False, default="now()"),
        refers(table, "merchant_id", "tenancy_merchant"),
        refers(table, "subscription_id", "billing_subscription"),
        unique(table, "platform_id", "event_id"),
        check(table, "kind", "kind IN ('new', 'expansion', 'contraction', 'churn', 'reactivation', 'fx')"),
        check(table, "mrr_after", "mrr_after_minor >= 0"),
    )
    index(table, "platform_id", "merchant_id", "currency", "at")
    index(table, "platform_id", "subscription_id")
    index(table, "platform_id", "at", "id")
    enable_row_level_security(table, update=False)


def downgrade() -> None:
    op.execute("DROP VIEW billing_subscription_state")
    for table in (
        "billing_mrr_movement",
        "billing_subscription_change",
        "billing_subscription",
        "billing_tier",
    ):
        op.drop_table(table)
