"""The ledger of MRR movements, derived from the history of subscriptions.

One line per customer, currency and instant at which the customer's MRR moves, so that at every instant the lines
add up to the MRR: start + new + reactivation + expansion + contraction + churn = end, the last two being negative.
A line's id is a digest of what it says: deriving again writes nothing that stands already, and withdraws what is no
longer true. A customer is classified in each currency by itself.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text

from modules.billing.config import billing_config
from server.context import Context

DERIVE = """
WITH state AS (
  SELECT merchant_id, currency, subscription_id, from_at, cause, mrr_minor, until_at,
         CASE WHEN status = 'past_due' THEN least(until_at, past_due_at + cast(:grace AS interval))
              ELSE until_at END AS counts_until
  FROM billing_subscription_state
  WHERE platform_id = :platform_id {these}
),
edge AS (
  SELECT merchant_id, currency, subscription_id, from_at AS at, cause AS entering, NULL AS leaving,
         CASE WHEN from_at < counts_until THEN mrr_minor ELSE 0 END AS delta
  FROM state
  UNION ALL
  SELECT merchant_id, currency, subscription_id, counts_until, NULL,
         CASE WHEN counts_until < until_at THEN 'past_due' ELSE 'end' END, -mrr_minor
  FROM state
  WHERE from_at < counts_until AND counts_until < 'infinity'
),
step AS (
  SELECT merchant_id, currency, subscription_id, at, sum(delta)::bigint AS delta,
         coalesce(max(entering), max(leaving)) AS cause
  FROM edge
  GROUP BY merchant_id, currency, subscription_id, at
),
net AS (
  SELECT merchant_id, currency, at, sum(delta)::bigint AS amount,
         (array_agg(subscription_id ORDER BY abs(delta) DESC, subscription_id))[1] AS subscription_id,
         (array_agg(cause ORDER BY abs(delta) DESC, subscription_id))[1] AS cause
  FROM step
  GROUP BY merchant_id, currency, at
  HAVING sum(delta) <> 0
),
running AS (
  SELECT *, (sum(amount) OVER history)::bigint AS mrr_after, row_number() OVER history AS place
  FROM net
  WINDOW history AS (PARTITION BY merchant_id, currency ORDER BY at)
),
movement AS (
  SELECT *, CASE
      WHEN place = 1 THEN 'new'
      WHEN mrr_after = amount THEN 'reactivation'
      WHEN mrr_after = 0 THEN 'churn'
      WHEN amount > 0 THEN 'expansion'
      ELSE 'contraction' END AS kind
  FROM running
),
line AS (
  SELECT md5(concat_ws(' ', merchant_id, currency, extract(epoch FROM at), kind, cause, subscription_id,
                       amount, mrr_after)) AS event_id,
         merchant_id, subscription_id, at, kind, cause, amount, currency, mrr_after,
         NULL::bigint AS id, true AS holds
  FROM movement
  UNION ALL
  SELECT event_id, merchant_id, subscription_id, at, kind, cause, amount_minor, currency, mrr_after_minor, id, false
  FROM billing_mrr_movement
  WHERE platform_id = :platform_id {these}
),
compared AS MATERIALIZED (
  -- Grouped rather than joined: how many lines a platform has is more than the planner can know.
  SELECT event_id, merchant_id, subscription_id, at, kind, cause, amount, currency, mrr_after,
         max(id) AS id, bool_or(holds) AS holds
  FROM line
  GROUP BY event_id, merchant_id, subscription_id, at, kind, cause, amount, currency, mrr_after
),
withdrawn AS (
  DELETE FROM billing_mrr_movement
  WHERE platform_id = :platform_id AND id = ANY(ARRAY(SELECT id FROM compared WHERE NOT holds))
  RETURNING id
),
recorded AS (
  INSERT INTO billing_mrr_movement (platform_id, event_id, merchant_id, subscription_id, at, kind, cause,
                                    amount_minor, currency, mrr_after_minor, recorded_at)
  SELECT :platform_id, event_id, merchant_id, subscription_id, at, kind, cause, amount, currency, mrr_after, :now
  FROM compared
  WHERE id IS NULL
  ORDER BY at, merchant_id
  RETURNING id
)
SELECT (SELECT count(*) FROM recorded), (SELECT count(*) FROM withdrawn)
"""

EVERY = text(DERIVE.format(these=""))
SOME = text(DERIVE.format(these="AND merchant_id = ANY(:merchant_ids)"))

LOCK_ONE = text(
    "SELECT pg_advisory_xact_lock_shared(hashtextextended('billing ' || :platform_id, 0)),"
    " pg_advisory_xact_lock(hashtextextended('billing ' || :platform_id || ' ' || :merchant_id, 0))"
)
LOCK_ALL = text("SELECT pg_advisory_xact_lock(hashtextextended('billing ' || :platform_id, 0))")


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How many lines a rebuild wrote and withdrew."""

    recorded: int
    withdrawn: int


async def lock_ledger(ctx: Context, merchant_id: int | None = None) -> None:
    """Until the transaction ends, nobody else changes this merchant's history; without one, nobody's."""
    parameters = {"platform_id": str(ctx.platform_id)}
    if merchant_id is None:
        await ctx.session.execute(LOCK_ALL, parameters)
    else:
        await ctx.session.execute(LOCK_ONE, parameters | {"merchant_id": str(merchant_id)})


async def rebuild_ledger(ctx: Context, merchant_ids: Collection[int] | None = None) -> Rebuilt:
    """Derive the lines of these merchants (None: of the platform) from their subscriptions' history.

    One statement whatever their number; running it again changes nothing. The caller holds `lock_ledger` and
    has flushed its changes. An unpaid subscription counts for the platform's days of grace.
    """
    config = await billing_config(ctx)
    parameters = {
        "platform_id": ctx.platform_id,
        "grace": timedelta(days=config.grace_days),
        "now": ctx.clock.now(),
    }
    if merchant_ids is None:
        row = (await ctx.session.execute(EVERY, parameters)).one()
    else:
        row = (await ctx.session.execute(SOME, parameters | {"merchant_ids": list(merchant_ids)})).one()
    return Rebuilt(recorded=row[0], withdrawn=row[1])
