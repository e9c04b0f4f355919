-- What PostGraphile calls computed columns: functions of a merchant, which become fields of its type.
DROP TYPE IF EXISTS peer_card CASCADE;
CREATE TYPE peer_card AS (
    key text, label text, category text, icon text, unit text, value text, formatted text, trend text,
    trend_value float8, previous_value text
);

CREATE FUNCTION peer_dressed(key text, label text, category text, icon text, now bigint, before bigint)
RETURNS peer_card IMMUTABLE LANGUAGE sql AS $$
    SELECT key, label, category, icon, 'COUNT', now::text, to_char(now, 'FM999,999,999,990'),
        CASE WHEN before = 0 THEN NULL WHEN abs(now - before) * 100.0 / before < 0.5 THEN 'STABLE'
            WHEN now > before THEN 'UP' ELSE 'DOWN' END,
        CASE WHEN before <> 0 THEN ((now - before) * 100)::float8 / before END, before::text
$$;

CREATE FUNCTION tenancy_merchant_total_stores(m tenancy_merchant, with_trend boolean DEFAULT true)
RETURNS peer_card STABLE LANGUAGE sql AS $$
    SELECT d.* FROM (
        SELECT count(*) FILTER (WHERE created_at < now() AND (closed_at IS NULL OR closed_at >= now())) AS now,
            count(*) FILTER (WHERE with_trend AND created_at < now() - interval '30 days'
                AND (closed_at IS NULL OR closed_at >= now() - interval '30 days')) AS before
        FROM tenancy_store WHERE platform_id = m.platform_id AND merchant_id = m.id
    ) AS found, peer_dressed('tenancy.total_stores', 'Stores', 'tenancy', 'store', found.now, found.before) AS d
$$;

CREATE FUNCTION tenancy_merchant_team_members(m tenancy_merchant, with_trend boolean DEFAULT true)
RETURNS peer_card STABLE LANGUAGE sql AS $$
    SELECT d.* FROM (
        SELECT count(DISTINCT coalesce(lower(email), id::text))
                FILTER (WHERE created_at < now() AND (ended_at IS NULL OR ended_at >= now())) AS now,
            count(DISTINCT coalesce(lower(email), id::text))
                FILTER (WHERE with_trend AND created_at < now() - interval '30 days'
                    AND (ended_at IS NULL OR ended_at >= now() - interval '30 days')) AS before
        FROM tenancy_membership WHERE platform_id = m.platform_id AND merchant_id = m.id
    ) AS found,
    peer_dressed('tenancy.team_members', 'Team members', 'tenancy', 'users-round', found.now, found.before) AS d
$$;

CREATE FUNCTION tenancy_merchant_total_customers(m tenancy_merchant, with_trend boolean DEFAULT true)
RETURNS peer_card STABLE LANGUAGE sql AS $$
    SELECT d.* FROM (
        SELECT count(*) FILTER (WHERE archived_at IS NULL OR archived_at >= now()) AS now,
            count(*) FILTER (WHERE with_trend AND created_at < now() - interval '30 days'
                AND (archived_at IS NULL OR archived_at >= now() - interval '30 days')) AS before
        FROM customers_customer WHERE platform_id = m.platform_id AND merchant_id = m.id AND created_at < now()
    ) AS found,
    peer_dressed('customers.total_customers', 'Customers', 'customers', 'users', found.now, found.before) AS d
$$;

CREATE FUNCTION tenancy_merchant_active_subscriptions(m tenancy_merchant, with_trend boolean DEFAULT true)
RETURNS peer_card STABLE LANGUAGE sql AS $$
    SELECT d.* FROM (
        SELECT count(*) FILTER (WHERE started_at < now() AND (ended_at IS NULL OR ended_at >= now())
                AND (trial_ends_at IS NULL OR trial_ends_at < now()) AND coalesce((
                    SELECT status FROM billing_subscription_change AS change
                    WHERE change.platform_id = m.platform_id AND subscription_id = s.id AND at < now()
                        AND status IS NOT NULL ORDER BY at DESC LIMIT 1), '') <> 'paused') AS now,
            count(*) FILTER (WHERE with_trend AND started_at < now() - interval '30 days'
                AND (ended_at IS NULL OR ended_at >= now() - interval '30 days')
                AND (trial_ends_at IS NULL OR trial_ends_at < now() - interval '30 days') AND coalesce((
                    SELECT status FROM billing_subscription_change AS change
                    WHERE change.platform_id = m.platform_id AND subscription_id = s.id
                        AND at < now() - interval '30 days' AND status IS NOT NULL
                    ORDER BY at DESC LIMIT 1), '') <> 'paused') AS before
        FROM billing_subscription AS s WHERE platform_id = m.platform_id AND merchant_id = m.id
    ) AS found, peer_dressed('billing.active_subscriptions', 'Active subscriptions', 'subscriptions', 'credit-card',
        found.now, found.before) AS d
$$;

CREATE FUNCTION tenancy_merchant_mrr(m tenancy_merchant)
RETURNS peer_card STABLE LANGUAGE sql AS $$
    SELECT d.key, d.label, d.category, d.icon, 'MONEY', (found.now / 100.0)::numeric(20, 2)::text,
        '€' || to_char(found.now / 100.0, 'FM999,999,990.00'), d.trend, d.trend_value,
        (found.before / 100.0)::numeric(20, 2)::text
    FROM (
        SELECT coalesce(sum(amount_minor), 0)::bigint AS now,
            coalesce(sum(amount_minor) FILTER (WHERE at < now() - interval '30 days'), 0)::bigint AS before
        FROM billing_mrr_movement WHERE platform_id = m.platform_id AND merchant_id = m.id AND at < now()
    ) AS found, peer_dressed('billing.mrr', 'MRR', 'revenue', 'repeat', found.now, found.before) AS d
$$;
