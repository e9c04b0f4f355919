"""The statements of the hand-written server: those Facet runs, with only the columns that are needed."""

from __future__ import annotations

BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
COMMIT = "COMMIT"

# It also sets the transaction's platform, as SET LOCAL does, for row-level security.
IDENTIFY = """
    SELECT user_id, platform_id, is_active, expires_at, revoked_at,
        set_config('facet.platform_id', coalesce(platform_id::text, ''), true)
    FROM facet_identify($1)
"""

GRANTS = """
    SELECT role FROM tenancy_membership
    WHERE platform_id = $1 AND user_id = $2 AND ended_at IS NULL ORDER BY id
"""

PLATFORM = "SELECT timezone FROM platform WHERE id = $1"

MERCHANT = "SELECT id FROM tenancy_merchant WHERE platform_id = $1 AND id = $2"

MERCHANTS = "SELECT id, name FROM tenancy_merchant WHERE platform_id = $1 ORDER BY name, id LIMIT 50"

STORES = """
    SELECT merchant_id, id, name FROM (
        SELECT merchant_id, id, name, row_number() OVER (PARTITION BY merchant_id ORDER BY name, id) AS place
        FROM tenancy_store WHERE platform_id = $1 AND merchant_id = ANY($2)
    ) AS store
    WHERE place <= 5 ORDER BY merchant_id, place
"""

_BUCKETS = """
    WITH bucket AS (
        SELECT bucket, start_at, end_at
        FROM unnest($1::integer[], $2::timestamptz[], $3::timestamptz[]) AS b (bucket, start_at, end_at)
    )
"""

# By the key of the metric; each answers with rows of scope, bucket and count.
COUNTS = {
    "billing.active_subscriptions": _BUCKETS
    + """
    SELECT merchant_id, bucket.bucket, count(*) FILTER (WHERE status IN ('active', 'past_due'))
    FROM billing_subscription_state
    JOIN bucket ON from_at < bucket.end_at AND until_at >= bucket.end_at
    WHERE platform_id = $4 AND merchant_id = ANY($5)
    GROUP BY 1, 2
""",
    "tenancy.total_stores": _BUCKETS
    + """
    SELECT store.merchant_id, bucket.bucket, count(*)
    FROM tenancy_store AS store
    JOIN bucket ON store.created_at < bucket.end_at
        AND (store.closed_at IS NULL OR store.closed_at >= bucket.end_at)
    WHERE store.platform_id = $4 AND store.merchant_id = ANY($5)
    GROUP BY 1, 2
""",
    "tenancy.team_members": _BUCKETS
    + """
    SELECT membership.merchant_id, bucket.bucket,
        count(DISTINCT coalesce(lower(membership.email), membership.id::text))
    FROM tenancy_membership AS membership
    JOIN bucket ON membership.created_at < bucket.end_at
        AND (membership.ended_at IS NULL OR membership.ended_at >= bucket.end_at)
    WHERE membership.platform_id = $4 AND membership.merchant_id IS NOT NULL AND membership.merchant_id = ANY($5)
    GROUP BY 1, 2
""",
    "customers.total_customers": _BUCKETS
    + """
    SELECT customer.merchant_id, bucket.bucket,
        count(*) FILTER (WHERE customer.archived_at IS NULL OR customer.archived_at >= bucket.end_at)
    FROM customers_customer AS customer
    JOIN bucket ON customer.created_at < bucket.end_at
    WHERE customer.platform_id = $4 AND customer.merchant_id = ANY($5)
    GROUP BY 1, 2
""",
}
