-- $1 platform, $2 merchants, $3 now, $4 the instant that trends compare with, null for no trend
SELECT merchant.id AS merchant_id, customer.* FROM unnest($2::bigint[]) AS merchant (id) CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE archived_at IS NULL OR archived_at >= $3) AS now,
        count(*) FILTER (WHERE created_at < $4 AND (archived_at IS NULL OR archived_at >= $4)) AS before
    FROM customers_customer WHERE platform_id = $1 AND merchant_id = merchant.id AND created_at < $3
) AS customer
