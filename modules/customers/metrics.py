"""How many customers there are, and how many came."""

from __future__ import annotations

from server.contracts.metrics import Fold, Metric, ScopeKind, Source, Unit

# Counted for each scope by itself, from an index that holds all of it: adding up groups costs as much again. The
# platform stands in ANY because two plain equations, ours and row-level security's, become a step for each row.
CUSTOMERS = Source(
    code="customers.customers",
    sql="""
        SELECT asked.scope, bucket.bucket, counted.total_customers, counted.new_customers
        FROM unnest(:scopes) AS asked (scope) CROSS JOIN bucket CROSS JOIN LATERAL (
            SELECT
                count(*) FILTER (
                    WHERE customer.archived_at IS NULL OR customer.archived_at >= bucket.end_at
                ) AS total_customers,
                count(*) FILTER (WHERE customer.created_at >= bucket.start_at) AS new_customers
            FROM customers_customer AS customer
            WHERE customer.platform_id = ANY(ARRAY[:platform_id]) AND {scope} = asked.scope
                AND customer.created_at < bucket.end_at
        ) AS counted
    """,
    scopes={
        ScopeKind.PLATFORM: "customer.platform_id",
        ScopeKind.MERCHANT: "customer.merchant_id",
        ScopeKind.STORE: "customer.store_id",
    },
    doc="Customers by when they became one and when they were archived.",
)

DECLARED = (
    Metric(
        key="customers.total_customers",
        label="Customers",
        description="Customers that are not archived, at the end of the period.",
        unit=Unit.COUNT,
        fold=Fold.LAST,
        source=CUSTOMERS,
        column="total_customers",
        category="customers",
        icon="users",
    ),
    Metric(
        key="customers.new_customers",
        label="New customers",
        description="People who became customers in the period, whether or not they were archived since.",
        unit=Unit.COUNT,
        fold=Fold.SUM,
        source=CUSTOMERS,
        column="new_customers",
        category="customers",
        icon="user-plus",
    ),
)
