"""W2: fifty merchants, each with three numbers and its first five stores."""

from __future__ import annotations

from dataclasses import replace

from tests.benchmarks.workload import Asked, Data, Question, Translation, Workload, outside

TEXT = """query Merchants {
  merchants(first: 50) {
    nodes {
      id name
      metrics {
        billing { activeSubscriptions { value } }
        tenancy { totalStores { value } }
        customers { totalCustomers { value } }
      }
      stores(first: 5) { nodes { id name } }
    }
  }
}"""
POSTGRAPHILE = """query Merchants {
  merchants: allTenancyMerchants(first: 50, orderBy: [NAME_ASC, ROW_ID_ASC]) {
    nodes {
      rowId name
      activeSubscriptions(withTrend: false) { value }
      totalStores(withTrend: false) { value }
      totalCustomers(withTrend: false) { value }
      stores: tenancyStoresByPlatformIdAndMerchantId(first: 5, orderBy: [NAME_ASC, ROW_ID_ASC]) {
        nodes { rowId name }
      }
    }
  }
}"""
# Subscriptions and their last changes of status are read once for all merchants, customers for each by itself.
STATEMENT = """
    WITH merchant AS MATERIALIZED (
        SELECT id, name FROM tenancy_merchant WHERE platform_id = $1 ORDER BY name, id LIMIT 50
    ), subscription AS MATERIALIZED (
        SELECT id, merchant_id FROM billing_subscription
        WHERE platform_id = $1 AND merchant_id = ANY(ARRAY(SELECT id FROM merchant)) AND started_at < $2
            AND (ended_at IS NULL OR ended_at >= $2) AND (trial_ends_at IS NULL OR trial_ends_at < $2)
    ), told AS MATERIALIZED (
        SELECT DISTINCT ON (subscription_id) subscription_id, status FROM billing_subscription_change
        WHERE platform_id = $1 AND status IS NOT NULL AND at < $2
            AND subscription_id = ANY(ARRAY(SELECT id FROM subscription))
        ORDER BY subscription_id, at DESC
    ), active AS MATERIALIZED (
        SELECT merchant_id, count(*) AS active FROM subscription
        WHERE id NOT IN (SELECT subscription_id FROM told WHERE status = 'paused') GROUP BY merchant_id
    )
    SELECT id, name,
        coalesce((SELECT active FROM active WHERE merchant_id = merchant.id), 0) AS active,
        (SELECT count(*) FROM tenancy_store WHERE platform_id = $1 AND merchant_id = merchant.id
            AND created_at < $2 AND (closed_at IS NULL OR closed_at >= $2)) AS stores,
        (SELECT count(*) FROM customers_customer WHERE platform_id = $1 AND merchant_id = merchant.id
            AND created_at < $2 AND (archived_at IS NULL OR archived_at >= $2)) AS customers,
        store.ids, store.names
    FROM merchant CROSS JOIN LATERAL (
        SELECT array_agg(id ORDER BY name, id) AS ids, array_agg(name ORDER BY name, id) AS names FROM (
            SELECT id, name FROM tenancy_store WHERE platform_id = $1 AND merchant_id = merchant.id
            ORDER BY name, id LIMIT 5
        ) AS first
    ) AS store
    ORDER BY name, id
"""


async def by_hand(asked: Asked) -> Data:
    """One statement; a row for each merchant."""
    nodes = [
        {
            "id": outside("Merchant", id_),
            "name": name,
            "metrics": {
                "billing": {"activeSubscriptions": {"value": active}},
                "tenancy": {"totalStores": {"value": stores}},
                "customers": {"totalCustomers": {"value": customers}},
            },
            "stores": {
                "nodes": [
                    {"id": outside("Store", store_id), "name": store_name}
                    for store_id, store_name in zip(ids or (), names or (), strict=True)
                ]
            },
        }
        for id_, name, active, stores, customers, ids, names in await asked.rows(
            STATEMENT, asked.platform_id, asked.now
        )
    ]
    return {"merchants": {"nodes": nodes}}


def common(data: Data) -> Data:
    """PostGraphile's answer."""
    nodes = [
        {
            "id": outside("Merchant", int(found["rowId"])),
            "name": found["name"],
            "metrics": {
                "billing": {"activeSubscriptions": _number(found["activeSubscriptions"])},
                "tenancy": {"totalStores": _number(found["totalStores"])},
                "customers": {"totalCustomers": _number(found["totalCustomers"])},
            },
            "stores": {
                "nodes": [
                    {"id": outside("Store", int(store["rowId"])), "name": store["name"]}
                    for store in found["stores"]["nodes"]
                ]
            },
        }
        for found in data["merchants"]["nodes"]
    ]
    return {"merchants": {"nodes": nodes}}


def _number(found: Data) -> Data:
    return {"value": int(found["value"])}


WORKLOAD = Workload(
    name="W2",
    title="50 merchants, 3 numbers and 5 stores each",
    questions=(Question("Merchants", TEXT),),
    by_hand={"Merchants": by_hand},
    statements=(STATEMENT,),
    translations={
        ("PostGraphile", "Merchants"): Translation(lambda asked: replace(asked, text=POSTGRAPHILE), common)
    },
)
