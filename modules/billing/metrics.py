"""What can be counted: subscriptions by their state, and recurring revenue from the ledger.

A state is as of the instant before the bucket's end: what began at the end is not in it, what ended at the end is.
"""

from __future__ import annotations

from server.contracts.metrics import Fold, Metric, Polarity, ScopeKind, Source, Unit

SCOPES = {ScopeKind.PLATFORM: "platform_id", ScopeKind.MERCHANT: "merchant_id"}
KINDS = frozenset(SCOPES)

# As many as there are rows in billing_subscription_state, which works out much that is not counted. Whatever is not
# paused is active or on trial. Changes of the status are few, so they are read once for all subscriptions; MATERIALIZED
# and NOT IN see to that. PostgreSQL expects few of them, however many merchants there are, and left to itself would
# read them anew for each subscription.
STATES = Source(
    code="billing.states",
    sql="""
        WITH chosen AS MATERIALIZED (
            SELECT id, {scope} AS scope, started_at, trial_ends_at, ended_at
            FROM billing_subscription
            WHERE platform_id = :platform_id AND {scope} = ANY(:scopes)
        ), told AS MATERIALIZED (
            SELECT subscription_id, status, at,
                lead(at, 1, 'infinity') OVER (PARTITION BY subscription_id ORDER BY at) AS until_at
            FROM billing_subscription_change
            WHERE platform_id = :platform_id AND status IS NOT NULL
                AND subscription_id = ANY(ARRAY(SELECT id FROM chosen))
        ), paused AS MATERIALIZED (
            SELECT subscription_id, bucket
            FROM told JOIN bucket ON at < end_at AND until_at >= end_at
            WHERE status = 'paused'
        )
        SELECT scope, bucket,
            count(*) FILTER (WHERE trial_ends_at IS NULL OR trial_ends_at < end_at) AS active,
            count(*) FILTER (WHERE trial_ends_at >= end_at) AS trialing
        FROM chosen JOIN bucket ON started_at < end_at AND (ended_at IS NULL OR ended_at >= end_at)
        WHERE (id, bucket) NOT IN (SELECT subscription_id, bucket FROM paused)
        GROUP BY 1, 2
    """,
    scopes=SCOPES,
    doc="Subscriptions by what their history says they are at the end of the period, whatever happened later.",
)

# Lines are added up between the buckets' edges first, so that a year of days costs little more than one day. Any
# instant of a piece tells which buckets it is in. What nobody reads of a piece PostgreSQL does not compute.
LEDGER = Source(
    code="billing.ledger",
    sql="""
        WITH piece AS (
            SELECT {scope} AS scope, currency, min(at) AS at,
                sum(amount_minor)::bigint AS amount,
                count(*) FILTER (WHERE kind IN ('new', 'reactivation'))
                    - count(*) FILTER (WHERE kind = 'churn') AS joined,
                (sum(amount_minor) FILTER (WHERE kind = 'new'))::bigint AS new,
                (sum(amount_minor) FILTER (WHERE kind = 'expansion'))::bigint AS expansion,
                (sum(amount_minor) FILTER (WHERE kind = 'contraction'))::bigint AS contraction,
                (sum(amount_minor) FILTER (WHERE kind = 'churn'))::bigint AS churned,
                (sum(amount_minor) FILTER (WHERE kind = 'reactivation'))::bigint AS reactivation
            FROM billing_mrr_movement
            WHERE platform_id = :platform_id AND {scope} = ANY(:scopes)
            GROUP BY 1, 2, width_bucket(at, ARRAY(SELECT unnest(ARRAY[start_at, end_at]) FROM bucket ORDER BY 1))
        )
        SELECT scope, bucket, currency,
            sum(amount)::bigint AS mrr,
            12 * sum(amount)::bigint AS arr,
            sum(joined)::bigint AS paying,
            coalesce(sum(new) FILTER (WHERE at >= start_at), 0)::bigint AS new,
            coalesce(sum(expansion) FILTER (WHERE at >= start_at), 0)::bigint AS expansion,
            coalesce(-sum(contraction) FILTER (WHERE at >= start_at), 0)::bigint AS contraction,
            coalesce(-sum(churned) FILTER (WHERE at >= start_at), 0)::bigint AS churned,
            coalesce(sum(reactivation) FILTER (WHERE at >= start_at), 0)::bigint AS reactivation,
            coalesce(sum(amount) FILTER (WHERE at >= start_at), 0)::bigint AS net_new
        FROM piece JOIN bucket ON at < end_at
        GROUP BY 1, 2, 3
    """,
    scopes=SCOPES,
    doc="Lines of the ledger of MRR movements: all until the end of the period, or those within it.",
)

RETENTION = Source(
    code="billing.retention",
    sql="""
        WITH span AS (
            SELECT {scope} AS scope, merchant_id, kind, at AS from_at,
                lead(at, 1, 'infinity') OVER (PARTITION BY merchant_id, currency ORDER BY at) AS until_at
            FROM billing_mrr_movement
            WHERE platform_id = :platform_id AND {scope} = ANY(:scopes)
                AND kind IN ('new', 'reactivation', 'churn')
        ), merchant AS (
            SELECT span.scope, bucket.bucket, merchant_id,
                bool_or(from_at < start_at AND until_at >= start_at) AS paid,
                bool_or(from_at < end_at AND until_at >= end_at) AS pays
            FROM span JOIN bucket ON kind <> 'churn' AND from_at < end_at AND until_at >= start_at
            GROUP BY 1, 2, 3
        )
        SELECT scope, bucket, count(*) FILTER (WHERE paid) AS at_start,
            count(*) FILTER (WHERE paid AND NOT pays) AS lost
        FROM merchant GROUP BY 1, 2
    """,
    scopes=SCOPES,
    doc="Merchants that pay something in any currency at the start of the period, and those who no longer do "
    "at its end. Who joined and left within the period is not among them, nor who left and came back.",
)


def _count(
    key: str,
    label: str,
    description: str,
    source: Source,
    column: str,
    icon: str,
    *,
    fold: Fold = Fold.LAST,
    polarity: Polarity = Polarity.UP,
) -> Metric:
    return Metric(
        key=f"billing.{key}",
        label=label,
        description=description,
        unit=Unit.COUNT,
        fold=fold,
        source=source,
        column=column,
        category="subscriptions",
        icon=icon,
        polarity=polarity,
        scopes=KINDS,
    )


def _money(
    key: str,
    label: str,
    description: str,
    column: str,
    *,
    fold: Fold = Fold.SUM,
    polarity: Polarity = Polarity.UP,
    icon: str = "trending-up",
) -> Metric:
    return Metric(
        key=f"billing.{key}",
        label=label,
        description=description,
        unit=Unit.MONEY,
        fold=fold,
        source=LEDGER,
        column=column,
        category="revenue",
        icon=icon,
        polarity=polarity,
        scopes=KINDS,
    )


ACTIVE_SUBSCRIPTIONS = _count(
    "active_subscriptions",
    "Active subscriptions",
    "Subscriptions that are active or past due at the end of the period, free ones included. Trials and paused "
    "subscriptions are not.",
    STATES,
    "active",
    "credit-card",
)
TRIALING_SUBSCRIPTIONS = _count(
    "trialing_subscriptions",
    "Trials",
    "Subscriptions on trial at the end of the period.",
    STATES,
    "trialing",
    "hourglass",
)
MRR = _money(
    "mrr",
    "MRR",
    "Monthly recurring revenue at the end of the period: price times quantity of every active or past due "
    "subscription, per month, without tax. Trials and pauses count nothing, canceled subscriptions until they end.",
    "mrr",
    fold=Fold.LAST,
    icon="repeat",
)
ARR = _money(
    "arr",
    "ARR",
    "Annual recurring revenue: twelve times the MRR at the end of the period.",
    "arr",
    fold=Fold.LAST,
)
NEW_MRR = _money("new_mrr", "New MRR", "MRR of merchants who pay for the first time.", "new", icon="plus")
EXPANSION_MRR = _money(
    "expansion_mrr", "Expansion MRR", "MRR that paying merchants added to what they pay.", "expansion"
)
CONTRACTION_MRR = _money(
    "contraction_mrr",
    "Contraction MRR",
    "MRR that paying merchants took off what they pay, and still pay something.",
    "contraction",
    polarity=Polarity.DOWN,
    icon="trending-down",
)
CHURNED_MRR = _money(
    "churned_mrr",
    "Churned MRR",
    "MRR of merchants who stopped paying altogether, a pause included.",
    "churned",
    polarity=Polarity.DOWN,
    icon="user-minus",
)
REACTIVATION_MRR = _money(
    "reactivation_mrr",
    "Reactivation MRR",
    "MRR of merchants who pay again after they had stopped.",
    "reactivation",
)
NET_NEW_MRR = _money(
    "net_new_mrr",
    "Net new MRR",
    "New, expansion and reactivation less contraction and churn: what MRR changed by in the period.",
    "net_new",
)
PAYING_MERCHANTS = _count(
    "paying_merchants",
    "Paying merchants",
    "Merchants whose MRR is above zero at the end of the period, once for each currency they pay in.",
    LEDGER,
    "paying",
    "users",
)
MERCHANTS_AT_START = _count(
    "paying_merchants_at_start",
    "Paying merchants at the start",
    "Merchants whose MRR is above zero as the period begins.",
    RETENTION,
    "at_start",
    "users",
    fold=Fold.DISTINCT,
)
LOST_MERCHANTS = _count(
    "lost_merchants",
    "Lost merchants",
    "Of the merchants who paid as the period began, those who pay nothing at its end.",
    RETENTION,
    "lost",
    "user-minus",
    fold=Fold.DISTINCT,
    polarity=Polarity.DOWN,
)
ARPA = Metric(
    key="billing.arpa",
    label="ARPA",
    description="Average revenue per account: MRR divided by the merchants who pay, at the end of the period.",
    unit=Unit.MONEY,
    fold=Fold.RATIO,
    num=MRR.key,
    den=PAYING_MERCHANTS.key,
    category="revenue",
    icon="user",
    null_when="No merchant pays.",
    scopes=KINDS,
)
CUSTOMER_CHURN_RATE = Metric(
    key="billing.customer_churn_rate",
    label="Customer churn",
    description="The share of the merchants who paid as the period began that pay nothing at its end.",
    unit=Unit.RATIO,
    fold=Fold.RATIO,
    num=LOST_MERCHANTS.key,
    den=MERCHANTS_AT_START.key,
    category="retention",
    icon="user-x",
    polarity=Polarity.DOWN,
    null_when="No merchant paid as the period began.",
    scopes=KINDS,
)

DECLARED = (
    ACTIVE_SUBSCRIPTIONS,
    TRIALING_SUBSCRIPTIONS,
    MRR,
    ARR,
    NEW_MRR,
    EXPANSION_MRR,
    CONTRACTION_MRR,
    CHURNED_MRR,
    REACTIVATION_MRR,
    NET_NEW_MRR,
    PAYING_MERCHANTS,
    ARPA,
    MERCHANTS_AT_START,
    LOST_MERCHANTS,
    CUSTOMER_CHURN_RATE,
)
