-- $1 platform, $2 merchants, $3 now, $4 the instant that trends compare with, null for no trend
SELECT merchant_id,
    count(*) FILTER (WHERE started_at < $3 AND (ended_at IS NULL OR ended_at >= $3)
        AND (trial_ends_at IS NULL OR trial_ends_at < $3) AND coalesce((
            SELECT status FROM billing_subscription_change AS change
            WHERE change.platform_id = $1 AND subscription_id = s.id AND at < $3 AND status IS NOT NULL
            ORDER BY at DESC LIMIT 1), '') <> 'paused') AS now,
    count(*) FILTER (WHERE $4::timestamptz IS NOT NULL AND started_at < $4 AND (ended_at IS NULL OR ended_at >= $4)
        AND (trial_ends_at IS NULL OR trial_ends_at < $4) AND coalesce((
            SELECT status FROM billing_subscription_change AS change
            WHERE change.platform_id = $1 AND subscription_id = s.id AND at < $4 AND status IS NOT NULL
            ORDER BY at DESC LIMIT 1), '') <> 'paused') AS before
FROM billing_subscription AS s WHERE platform_id = $1 AND merchant_id = ANY($2) GROUP BY merchant_id
