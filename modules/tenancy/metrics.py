"""How many merchants, stores and people there are."""

from __future__ import annotations

from server.contracts.metrics import Fold, Metric, Polarity, ScopeKind, Source, Unit

STORES = Source(
    code="tenancy.stores",
    sql="""
        SELECT {scope} AS scope, bucket.bucket, count(*) AS total_stores
        FROM tenancy_store AS store
        JOIN bucket ON store.created_at < bucket.end_at
            AND (store.closed_at IS NULL OR store.closed_at >= bucket.end_at)
        WHERE store.platform_id = :platform_id AND {scope} = ANY(:scopes)
        GROUP BY 1, 2
    """,
    scopes={ScopeKind.PLATFORM: "store.platform_id", ScopeKind.MERCHANT: "store.merchant_id"},
    doc="Stores that had opened and not closed by the end of the period.",
)

# Told apart before they are counted: count(DISTINCT …) would sort them.
TEAM = Source(
    code="tenancy.team",
    sql="""
        SELECT scope, bucket, count(*) AS team_members
        FROM (
            SELECT DISTINCT {scope} AS scope, bucket.bucket,
                coalesce(lower(membership.email), membership.id::text) AS person
            FROM tenancy_membership AS membership
            JOIN bucket ON membership.created_at < bucket.end_at
                AND (membership.ended_at IS NULL OR membership.ended_at >= bucket.end_at)
            WHERE membership.platform_id = :platform_id AND membership.merchant_id IS NOT NULL
                AND {scope} = ANY(:scopes)
        ) AS member
        GROUP BY 1, 2
    """,
    scopes={ScopeKind.PLATFORM: "membership.platform_id", ScopeKind.MERCHANT: "membership.merchant_id"},
    doc="People by their e-mail address, with a role for a merchant or in one of its stores.",
)

MERCHANTS = Source(
    code="tenancy.merchants",
    sql="""
        SELECT {scope} AS scope, bucket.bucket,
            count(*) FILTER (
                WHERE merchant.archived_at IS NULL OR merchant.archived_at >= bucket.end_at
            ) AS total_merchants,
            count(*) FILTER (WHERE merchant.created_at >= bucket.start_at) AS new_merchants
        FROM tenancy_merchant AS merchant
        JOIN bucket ON merchant.created_at < bucket.end_at
        WHERE merchant.platform_id = :platform_id AND {scope} = ANY(:scopes)
        GROUP BY 1, 2
    """,
    scopes={ScopeKind.PLATFORM: "merchant.platform_id"},
    doc="Merchants by when they joined and when they were archived.",
)

WIDE = frozenset({ScopeKind.PLATFORM, ScopeKind.MERCHANT})
PLATFORM_ONLY = frozenset({ScopeKind.PLATFORM})

DECLARED = (
    Metric(
        key="tenancy.total_stores",
        label="Stores",
        description="Stores that are open at the end of the period.",
        unit=Unit.COUNT,
        fold=Fold.LAST,
        source=STORES,
        column="total_stores",
        category="tenancy",
        icon="store",
        scopes=WIDE,
    ),
    Metric(
        key="tenancy.team_members",
        label="Team members",
        description="People who work for merchants at the end of the period, each counted once however many "
        "merchants and stores they work for.",
        unit=Unit.COUNT,
        fold=Fold.LAST,
        source=TEAM,
        column="team_members",
        category="tenancy",
        icon="users-round",
        polarity=Polarity.NEUTRAL,
        additive_over_scopes=False,
        scopes=WIDE,
    ),
    Metric(
        key="tenancy.total_merchants",
        label="Merchants",
        description="Merchants that are not archived, at the end of the period.",
        unit=Unit.COUNT,
        fold=Fold.LAST,
        source=MERCHANTS,
        column="total_merchants",
        category="tenancy",
        icon="building-2",
        scopes=PLATFORM_ONLY,
    ),
    Metric(
        key="tenancy.new_merchants",
        label="New merchants",
        description="Merchants that joined in the period, whether or not they were archived since.",
        unit=Unit.COUNT,
        fold=Fold.SUM,
        source=MERCHANTS,
        column="new_merchants",
        category="tenancy",
        icon="building",
        scopes=PLATFORM_ONLY,
    ),
)
