-- $1 platform, $2 merchants, $3 how many of each
SELECT store.* FROM unnest($2::bigint[]) WITH ORDINALITY AS merchant (id, place) CROSS JOIN LATERAL (
    SELECT merchant_id, id, name, external_id, created_at, closed_at, city, region, postal_code, country_code, phone
    FROM tenancy_store WHERE platform_id = $1 AND merchant_id = merchant.id ORDER BY name, id LIMIT $3
) AS store
ORDER BY merchant.place
