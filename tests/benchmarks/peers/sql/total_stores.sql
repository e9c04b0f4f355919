-- $1 platform, $2 merchants, $3 now, $4 the instant that trends compare with, null for no trend
SELECT merchant_id,
    count(*) FILTER (WHERE created_at < $3 AND (closed_at IS NULL OR closed_at >= $3)) AS now,
    count(*) FILTER (WHERE created_at < $4 AND (closed_at IS NULL OR closed_at >= $4)) AS before
FROM tenancy_store WHERE platform_id = $1 AND merchant_id = ANY($2) GROUP BY merchant_id
