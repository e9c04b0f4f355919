"""Say where a store is."""

from __future__ import annotations

from typing import Any

import pytest

from modules.tenancy.countries import COUNTRIES
from modules.tenancy.testing import make_merchant, make_store
from server.auth.caller import Caller
from server.graphql.ids import global_id
from server.testing import TestPlatform

HERE = {
    "city": "Luxembourg",
    "region": "Luxembourg",
    "postalCode": "L-1610",
    "countryCode": "LU",
    "phone": "+352 01 00 12 (mornings)",
}
NOWHERE = dict.fromkeys(HERE)
WHERE = "fragment Where on Store { city region postalCode countryCode phone }"
WRONG = "fragment Wrong on ValidationFailed { code fields { field message } }"
CREATE = """
mutation (
  $merchantId: ID!, $city: String, $region: String, $postalCode: String, $countryCode: String, $phone: String
) {
  createStore(
    merchantId: $merchantId, name: "Corner",
    city: $city, region: $region, postalCode: $postalCode, countryCode: $countryCode, phone: $phone
  ) { __typename ...Wrong ... on CreateStorePayload { store { id ...Where } } }
}
"""
UPDATE = """
mutation ($id: ID!) {
  updateStore(id: $id) { __typename ...Wrong ... on UpdateStorePayload { store { name ...Where } } }
}
"""
STORES = "{ stores { nodes { name ...Where } } }"
LOG = "{ auditLog { nodes { action before after } } }"


async def ask(platform: TestPlatform, text: str, caller: Caller | None = None, **variables: Any) -> Any:
    result = await platform.execute(text, variables, caller=caller or platform.admin)
    assert result.errors == []
    assert result.data is not None
    return next(iter(result.data.values()))


async def update(platform: TestPlatform, id: int, **changes: Any) -> Any:
    """Send only what changes."""
    declared = "".join(f", ${name}: String" for name in changes)
    passed = "".join(f", {name}: ${name}" for name in changes)
    text = UPDATE.replace("ID!", f"ID!{declared}").replace("id: $id", f"id: $id{passed}")
    return await ask(platform, text + WHERE + WRONG, id=global_id("Store", id), **changes)


async def stored(platform: TestPlatform) -> Any:
    return (await ask(platform, STORES + WHERE))["nodes"]


async def test_opens_a_store_with_an_address_or_without(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        merchant = await make_merchant(ctx)
    id_, caller = global_id("Merchant", merchant.id), platform.merchant_member(merchant.id)

    there = await ask(platform, CREATE + WHERE + WRONG, caller, merchantId=id_, **HERE)
    nowhere = await ask(platform, CREATE + WHERE + WRONG, caller, merchantId=id_)

    assert {**there["store"], "id": None} == {**HERE, "id": None}
    assert {**nowhere["store"], "id": None} == {**NOWHERE, "id": None}
    newest, oldest = (await ask(platform, LOG))["nodes"]
    given = {"name": "Corner", "external_id": None, "merchant": id_}
    assert newest == {"action": "tenancy.create_store", "before": None, "after": given}
    assert oldest["after"] == {
        **given,
        "city": "Luxembourg",
        "region": "Luxembourg",
        "postal_code": "L-1610",
        "country_code": "LU",
        "phone": "+352 01 00 12 (mornings)",
    }


async def test_trims_what_is_written(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        store = await make_store(ctx, name="Corner")

    answer = await update(platform, store.id, city="  Wiltz ", phone=" 1 ")

    assert answer["store"] == {**NOWHERE, "name": "Corner", "city": "Wiltz", "phone": "1"}


async def test_changes_what_is_sent_and_keeps_the_rest(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        store = await make_store(ctx, name="Corner", city="Wiltz", country_code="LU", phone="1")

    answer = await update(platform, store.id, city="Metz", region="Moselle", countryCode="FR", phone=None)

    changed = {**NOWHERE, "name": "Corner", "city": "Metz", "region": "Moselle", "countryCode": "FR"}
    assert answer == {"__typename": "UpdateStorePayload", "store": changed}
    assert await stored(platform) == [changed]
    assert (await ask(platform, LOG))["nodes"] == [
        {
            "action": "tenancy.update_store",
            "before": {"city": "Wiltz", "region": None, "country_code": "LU", "phone": "1"},
            "after": {"city": "Metz", "region": "Moselle", "country_code": "FR", "phone": None},
        }
    ]


async def test_writes_nothing_down_when_nothing_changes(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        store = await make_store(ctx, name="Corner", city="Wiltz")
    same = {**NOWHERE, "name": "Corner", "city": "Wiltz"}

    assert (await update(platform, store.id))["store"] == same
    assert (await update(platform, store.id, name="Corner", city="Wiltz", phone=None))["store"] == same

    assert await ask(platform, LOG) == {"nodes": []}


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", None, "Is empty."),
        ("city", " ", "Is empty."),
        ("city", "x" * 101, "Has 101 characters; at most 100 are kept."),
        ("region", "x" * 101, "Has 101 characters; at most 100 are kept."),
        ("postalCode", "1" * 21, "Has 21 characters; at most 20 are kept."),
        ("postalCode", "1\n2", "Holds characters that cannot be printed, such as line breaks."),
        ("countryCode", "lu", "Is no country code of ISO 3166-1 in capitals, such as LU."),
        ("countryCode", "ZZ", "Is no country code of ISO 3166-1 in capitals, such as LU."),
        ("countryCode", "", "Is no country code of ISO 3166-1 in capitals, such as LU."),
        ("phone", "1" * 41, "Has 41 characters; at most 40 are kept."),
    ],
)
async def test_refuses_what_is_no_part_of_an_address(
    platform: TestPlatform, field: str, value: str | None, message: str
) -> None:
    async with platform.context() as ctx:
        store = await make_store(ctx, name="Corner", city="Wiltz")

    answer = await update(platform, store.id, **{"region": "Wiltz", field: value})

    assert answer == {
        "__typename": "ValidationFailed",
        "code": "VALIDATION_FAILED",
        "fields": [{"field": field, "message": message}],
    }
    assert await stored(platform) == [{**NOWHERE, "name": "Corner", "city": "Wiltz"}]


async def test_refuses_a_new_store_with_all_that_is_wrong(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        merchant = await make_merchant(ctx)

    answer = await ask(
        platform,
        CREATE + WHERE + WRONG,
        merchantId=global_id("Merchant", merchant.id),
        city="",
        countryCode="Luxembourg",
    )

    assert [field["field"] for field in answer["fields"]] == ["city", "countryCode"]
    assert await stored(platform) == []


async def test_does_not_reach_stores_of_another_platform(
    platform: TestPlatform, other_platform: TestPlatform
) -> None:
    async with platform.context() as ctx:
        store = await make_store(ctx, name="Corner", city="Wiltz")

    answer = await update(other_platform, store.id, city="Metz")

    assert answer == {"__typename": "StoreNotFound"}
    assert await stored(platform) == [{**NOWHERE, "name": "Corner", "city": "Wiltz"}]
    assert await stored(other_platform) == []


def test_knows_the_countries_of_the_standard() -> None:
    assert len(COUNTRIES) == 249
    assert {"LU", "FR", "BR", "GB", "TW"} <= COUNTRIES
    assert not {"UK", "EU", "XK", "ZZ", "AN", "lu"} & COUNTRIES
