"""W4: five hundred stores with ten plain values each, in the lists of their merchants."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tests.benchmarks.workload import Asked, Data, Question, Translation, Workload, outside

TEXT = """query Stores {
  merchants(first: 100) {
    nodes {
      stores(first: 5) {
        nodes { id name externalId createdAt closedAt city region postalCode countryCode phone }
      }
    }
  }
}"""
POSTGRAPHILE = """query Stores {
  merchants: allTenancyMerchants(first: 100, orderBy: [NAME_ASC, ROW_ID_ASC]) {
    nodes {
      stores: tenancyStoresByPlatformIdAndMerchantId(first: 5, orderBy: [NAME_ASC, ROW_ID_ASC]) {
        nodes { rowId name externalId createdAt closedAt city region postalCode countryCode phone }
      }
    }
  }
}"""
STATEMENT = """
    SELECT merchant.id AS merchant_id, store.* FROM (
        SELECT id, name FROM tenancy_merchant WHERE platform_id = $1 ORDER BY name, id LIMIT 100
    ) AS merchant
    LEFT JOIN LATERAL (
        SELECT id, name, external_id, created_at, closed_at, city, region, postal_code, country_code, phone
        FROM tenancy_store WHERE platform_id = $1 AND merchant_id = merchant.id ORDER BY name, id LIMIT 5
    ) AS store ON true
    ORDER BY merchant.name, merchant.id
"""


async def by_hand(asked: Asked) -> Data:
    """One statement; a row for each store, those of a merchant together."""
    rows = await asked.rows(STATEMENT, asked.platform_id)
    lists: dict[int, list[Data]] = {}
    for merchant, id_, name, external, created, closed, city, region, postal_code, country, phone in rows:
        stores = lists.get(merchant)
        if stores is None:
            stores = lists[merchant] = []
        if id_ is not None:
            stores.append(
                {
                    "id": outside("Store", id_),
                    "name": name,
                    "externalId": external,
                    "createdAt": created,
                    "closedAt": closed,
                    "city": city,
                    "region": region,
                    "postalCode": postal_code,
                    "countryCode": country,
                    "phone": phone,
                }
            )
    return {"merchants": {"nodes": [{"stores": {"nodes": stores}} for stores in lists.values()]}}


def common(data: Data) -> Data:
    """PostGraphile's answer."""
    for merchant in data["merchants"]["nodes"]:
        for store in merchant["stores"]["nodes"]:
            store["id"] = outside("Store", int(store.pop("rowId")))
    return data


def compare(expected: Data, found: Data) -> None:
    """Instants may be written in any form of ISO 8601."""
    assert _with_instants(found) == _with_instants(expected)


def _with_instants(data: Data) -> list[Data]:
    return [
        {
            **store,
            "createdAt": datetime.fromisoformat(store["createdAt"]),
            "closedAt": store["closedAt"] and datetime.fromisoformat(store["closedAt"]),
        }
        for merchant in data["merchants"]["nodes"]
        for store in merchant["stores"]["nodes"]
    ]


WORKLOAD = Workload(
    name="W4",
    title="500 stores, 10 values each",
    questions=(Question("Stores", TEXT),),
    by_hand={"Stores": by_hand},
    statements=(STATEMENT,),
    translations={
        ("PostGraphile", "Stores"): Translation(lambda asked: replace(asked, text=POSTGRAPHILE), common)
    },
    compare=compare,
)
