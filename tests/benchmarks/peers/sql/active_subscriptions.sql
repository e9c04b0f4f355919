-- $1 platform, $2 merchants, $3 now, $4 the instant that trends compare with, null for no trend
WITH subscription AS MATERIALIZED (
    SELECT id, merchant_id, started_at, trial_ends_at, ended_at
    FROM billing_subscription WHERE platform_id = $1 AND merchant_id = ANY($2)
), told AS MATERIALIZED (
    SELECT subscription_id, max(at) FILTER (WHERE at < $3) AS now,
        max(at) FILTER (WHERE at < $3 AND status = 'paused') AS paused_now,
        max(at) FILTER (WHERE at < $4) AS before, max(at) FILTER (WHERE at < $4 AND status = 'paused') AS paused_before
    FROM billing_subscription_change
    WHERE platform_id = $1 AND status IS NOT NULL AND subscription_id = ANY(ARRAY(SELECT id FROM subscription))
    GROUP BY subscription_id
)
SELECT merchant_id,
    count(*) FILTER (WHERE started_at < $3 AND (ended_at IS NULL OR ended_at >= $3)
        AND (trial_ends_at IS NULL OR trial_ends_at < $3)
        AND id NOT IN (SELECT subscription_id FROM told WHERE paused_now = now)) AS now,
    count(*) FILTER (WHERE started_at < $4 AND (ended_at IS NULL OR ended_at >= $4)
        AND (trial_ends_at IS NULL OR trial_ends_at < $4)
        AND id NOT IN (SELECT subscription_id FROM told WHERE paused_before = before)) AS before
FROM subscription GROUP BY merchant_id
