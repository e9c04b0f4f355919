-- $1 platform, $2 merchants, $3 now, $4 the instant that trends compare with, null for no trend
SELECT merchant_id, currency, sum(amount_minor)::bigint AS now,
    coalesce(sum(amount_minor) FILTER (WHERE at < $4), 0)::bigint AS before
FROM billing_mrr_movement WHERE platform_id = $1 AND merchant_id = ANY($2) AND at < $3
GROUP BY merchant_id, currency
