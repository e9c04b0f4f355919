"""The dashboard's cards: their text, one statement for all of them, and how a hand-written server shows them."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

import asyncpg

from tests.benchmarks.workload import Asked, ByHand, Data, Question, Translation

FRAGMENT = """
fragment card on MetricValue {
  key label category icon unit value formatted trend trendValue previousValue
}"""
FIELDS = {
    "billing": ("activeSubscriptions", "mrr"),
    "tenancy": ("totalStores", "teamMembers"),
    "customers": ("totalCustomers",),
}
CARDS = {
    "activeSubscriptions": (
        "billing.active_subscriptions", "Active subscriptions", "subscriptions", "credit-card", "COUNT",
    ),
    "mrr": ("billing.mrr", "MRR", "revenue", "repeat", "MONEY"),
    "totalStores": ("tenancy.total_stores", "Stores", "tenancy", "store", "COUNT"),
    "teamMembers": ("tenancy.team_members", "Team members", "tenancy", "users-round", "COUNT"),
    "totalCustomers": ("customers.total_customers", "Customers", "customers", "users", "COUNT"),
}  # fmt: skip
THIRTY_DAYS = timedelta(days=30)
SIGNS = {"EUR": "€"}

NOT_PAUSED = """
    coalesce((SELECT status FROM billing_subscription_change c WHERE c.platform_id = $1 AND c.subscription_id = s.id
        AND at < {at} AND status IS NOT NULL ORDER BY at DESC LIMIT 1), '') <> 'paused'
"""
ACTIVE = (
    """
    s.started_at < {at} AND (s.ended_at IS NULL OR s.ended_at >= {at})
    AND (s.trial_ends_at IS NULL OR s.trial_ends_at < {at}) AND
"""
    + NOT_PAUSED
)
# $1 platform, $2 merchant, $3 now, $4 the instant that trends compare with
PARTS = {
    "tenancy": """
        CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE created_at < $3 AND (closed_at IS NULL OR closed_at >= $3)) AS stores,
                count(*) FILTER (WHERE created_at < $4 AND (closed_at IS NULL OR closed_at >= $4)) AS stores_before
            FROM tenancy_store WHERE platform_id = $1 AND merchant_id = $2) AS store
        CROSS JOIN LATERAL (
            SELECT count(DISTINCT coalesce(lower(email), id::text))
                    FILTER (WHERE created_at < $3 AND (ended_at IS NULL OR ended_at >= $3)) AS people,
                count(DISTINCT coalesce(lower(email), id::text))
                    FILTER (WHERE created_at < $4 AND (ended_at IS NULL OR ended_at >= $4)) AS people_before
            FROM tenancy_membership WHERE platform_id = $1 AND merchant_id = $2) AS person
    """,
    "billing": f"""
        CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE {ACTIVE.format(at="$3")}) AS active,
                count(*) FILTER (WHERE {ACTIVE.format(at="$4")}) AS active_before
            FROM billing_subscription s WHERE platform_id = $1 AND merchant_id = $2) AS subscription
        LEFT JOIN LATERAL (
            SELECT currency, sum(amount_minor)::bigint AS mrr,
                (sum(amount_minor) FILTER (WHERE at < $4))::bigint AS mrr_before
            FROM billing_mrr_movement WHERE platform_id = $1 AND merchant_id = $2 AND at < $3
            GROUP BY currency) AS ledger ON true
    """,
    "customers": """
        CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE archived_at IS NULL OR archived_at >= $3) AS customers,
                count(*) FILTER (WHERE created_at < $4 AND (archived_at IS NULL OR archived_at >= $4))
                    AS customers_before
            FROM customers_customer WHERE platform_id = $1 AND merchant_id = $2 AND created_at < $3) AS customer
    """,
}
COLUMNS = {
    "tenancy": "stores, stores_before, people, people_before",
    "billing": "active, active_before, currency, mrr, mrr_before",
    "customers": "customers, customers_before",
}


def dashboard_text(name: str, modules: Collection[str]) -> str:
    """The operation without its fragment."""
    lines = [
        f"    {module} {{ {' '.join(f'{field} {{ ...card }}' for field in fields)} }}"
        for module, fields in FIELDS.items()
        if module == "tenancy" or module in modules
    ]
    return "\n".join(
        [f"query {name}($merchant: ID!) {{", "  merchantMetrics(merchantId: $merchant) {", *lines, "  }", "}"]
    )


def dashboard_statement(modules: Collection[str]) -> str:
    """One row with everything (a further one for each further currency); none for an unknown merchant."""
    parts = [code for code in PARTS if code == "tenancy" or code in modules]
    return (
        f"SELECT {', '.join(COLUMNS[code] for code in parts)} FROM tenancy_merchant AS merchant"
        f" {' '.join(PARTS[code] for code in parts)} WHERE merchant.platform_id = $1 AND merchant.id = $2"
    )


def dashboard_of_postgraphile(modules: Collection[str]) -> Translation:
    """The same fields, on the merchant itself; the numbers come as texts, of which counts become numbers."""
    chosen = [code for code in FIELDS if code == "tenancy" or code in modules]
    fields = " ".join(f"{field} {{ ...card }}" for code in chosen for field in FIELDS[code])
    fragment = FRAGMENT.replace("MetricValue", "PeerCard")

    def question(asked: Question) -> Question:
        merchant = f"merchant: tenancyMerchantByRowId(rowId: $merchant) {{ {fields} }}"
        text = f"query {asked.name}($merchant: BigInt!) {{ {merchant} }}"
        number = b64decode(asked.variables["merchant"]).decode().partition(":")[2]
        return replace(asked, text=text + fragment, variables={"merchant": number})

    def common(data: Data) -> Data:
        found = data["merchant"]
        return {
            "merchantMetrics": {
                code: {field: _common_card(found[field]) for field in FIELDS[code]} for code in chosen
            }
        }

    return Translation(question, common)


def _common_card(found: Data) -> Data:
    if found["unit"] != "COUNT":
        return found
    return {**found, "value": int(found["value"]), "previousValue": int(found["previousValue"])}


def dashboard_by_hand(modules: tuple[str, ...]) -> ByHand:
    """The function that answers with the cards of these modules."""
    statement = dashboard_statement(modules)

    async def answer(asked: Asked) -> Data:
        kind, _, number = b64decode(asked.variables["merchant"]).partition(b":")
        merchant_id = int(number)
        if kind != b"Merchant" or (asked.reach is not None and merchant_id not in asked.reach):
            return {"merchantMetrics": None}
        now = asked.now
        found = await asked.rows(statement, asked.platform_id, merchant_id, now, now - THIRTY_DAYS)
        return {"merchantMetrics": _numbers(found[0], modules) if found else None}

    return answer


def _numbers(row: asyncpg.Record, modules: Collection[str]) -> Data:
    """The answer; whoever wrote it knows that everybody here pays in one currency."""
    numbers: Data = {}
    if "billing" in modules:
        numbers["billing"] = {
            "activeSubscriptions": count_card("activeSubscriptions", row["active"], row["active_before"]),
            "mrr": money_card("mrr", row["currency"] or "EUR", row["mrr"] or 0, row["mrr_before"] or 0),
        }
    numbers["tenancy"] = {
        "totalStores": count_card("totalStores", row["stores"], row["stores_before"]),
        "teamMembers": count_card("teamMembers", row["people"], row["people_before"]),
    }
    if "customers" in modules:
        numbers["customers"] = {
            "totalCustomers": count_card("totalCustomers", row["customers"], row["customers_before"])
        }
    return numbers


def count_card(field: str, value: int, previous: int) -> Data:
    """A count with its trend."""
    return _card(field, value, previous, value, previous, f"{value:,}")


def money_card(field: str, currency: str, minor: int, minor_before: int) -> Data:
    """An amount with its trend."""
    shown = f"{SIGNS[currency]}{minor / 100:,.2f}"
    return _card(field, minor, minor_before, f"{minor / 100:.2f}", f"{minor_before / 100:.2f}", shown)


def _card(field: str, now: int, before: int, value: int | str, previous: int | str, formatted: str) -> Data:
    percent = (now - before) * 100 / before if before else None
    trend = None
    if percent is not None:
        trend = "STABLE" if abs(percent) < 0.5 else "UP" if percent > 0 else "DOWN"
    key, label, category, icon, unit = CARDS[field]
    return {
        "key": key,
        "label": label,
        "category": category,
        "icon": icon,
        "unit": unit,
        "value": value,
        "formatted": formatted,
        "trend": trend,
        "trendValue": percent,
        "previousValue": previous,
    }
