"""Import customers, from our own files and from Olist's."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, text

from modules.customers.models import Customer
from modules.customers.testing import make_customer
from server.graphql.ids import global_id
from server.imports.engine import run_import
from server.testing import TestPlatform
from tests.modules.customers.asking import Street, street

OLIST = Path(__file__).resolve().parents[4] / "shared" / "data" / "olist_sample"
needs_olist = pytest.mark.skipif(
    not OLIST.is_dir(), reason=f"Olist's data is not at {OLIST}; it is not part of the project."
)


@pytest.fixture
async def places(platform: TestPlatform) -> Street:
    async with platform.context() as ctx:
        return await street(ctx)


def write(folder: Path, *lines: str, header: str = "external_id,store_id,name,email,created_at") -> Path:
    (folder / "customers.csv").write_text("\n".join([header, *lines]) + "\n")
    return folder


async def stored(platform: TestPlatform) -> list[tuple[Any, ...]]:
    columns = (Customer.external_id, Customer.store_id, Customer.merchant_id, Customer.name, Customer.email)
    async with platform.context() as ctx:
        statement = select(*columns, Customer.created_at).where(Customer.platform_id == platform.id)
        return [tuple(row) for row in await ctx.session.execute(statement.order_by(Customer.external_id))]


async def test_puts_customers_into_their_stores(
    platform: TestPlatform, places: Street, tmp_path: Path
) -> None:
    write(tmp_path, "c-1,corner,Ada,Ada@Example.com,2024-05-31T14:30:00+02:00", "c-2,library,,,2024-06-01")

    report = await run_import(platform.facet, platform.record, tmp_path)

    assert report.file("customers").inserted == 2
    assert await stored(platform) == [
        (
            "c-1",
            places.corner,
            places.bakery,
            "Ada",
            "ada@example.com",
            datetime(2024, 5, 31, 12, 30, tzinfo=UTC),
        ),
        ("c-2", places.library, places.books, None, None, datetime(2024, 6, 1, tzinfo=UTC)),
    ]


async def test_needs_neither_names_nor_addresses(
    platform: TestPlatform, places: Street, tmp_path: Path
) -> None:
    write(tmp_path, "c-1,corner,2024-06-01", header="external_id,store_id,created_at")

    assert (await run_import(platform.facet, platform.record, tmp_path)).file("customers").inserted == 1


async def test_finds_customers_again_by_their_external_id(
    platform: TestPlatform, places: Street, tmp_path: Path
) -> None:
    write(tmp_path, "c-1,corner,Ada,,2024-05-31", "c-2,corner,Bob,,2024-05-31")
    await run_import(platform.facet, platform.record, tmp_path)
    write(
        tmp_path, "c-1,library,Ada,,2024-05-31", "c-2,corner,Bob,,2024-05-31", "c-3,corner,Cleo,,2024-05-31"
    )

    report = await run_import(platform.facet, platform.record, tmp_path)

    counts = report.file("customers")
    assert (counts.inserted, counts.updated, counts.unchanged, counts.rejected) == (1, 1, 1, 0)
    assert [row[:3] for row in await stored(platform)] == [
        ("c-1", places.library, places.books),
        ("c-2", places.corner, places.bakery),
        ("c-3", places.corner, places.bakery),
    ]


async def test_rejects_customers_of_unknown_stores(
    platform: TestPlatform, other_platform: TestPlatform, places: Street, tmp_path: Path
) -> None:
    async with other_platform.context() as ctx:
        elsewhere = await street(ctx)
        await make_customer(ctx, elsewhere.corner, external_id="c-1")
    write(tmp_path, "c-1,corner,Ada,,2024-05-31", "c-2,market,Bob,,2024-05-31")

    report = await run_import(platform.facet, platform.record, tmp_path)

    assert (report.file("customers").inserted, report.file("customers").rejected) == (1, 1)
    rejected = (tmp_path / "rejected" / "customers.csv").read_text()
    assert "store_id: stores has no row with the external id “market”" in rejected
    assert [row[0] for row in await stored(platform)] == ["c-1"]
    assert [row[1] for row in await stored(other_platform)] == [elsewhere.corner]


async def test_leaves_the_file_aside_where_the_module_is_off(platform: TestPlatform, tmp_path: Path) -> None:
    without = await TestPlatform.create(platform.facet, modules=["tenancy"])
    write(tmp_path, "c-1,corner,Ada,,2024-05-31")
    (tmp_path / "merchants.csv").write_text("external_id,name,created_at\nm-1,Bakery,2024-01-01\n")

    report = await run_import(without.facet, without.record, tmp_path)

    assert report.warnings == (
        "customers.csv was left aside: it belongs to the module customers, which is off here.",
    )
    assert [file.name for file in report.files] == ["merchants"]
    assert await stored(without) == []


def olist(name: str) -> list[dict[str, str]]:
    with gzip.open(OLIST / f"{name}.csv.gz", "rt", newline="") as file:
        return list(csv.DictReader(file))


def olist_purchases() -> dict[tuple[str, str], list[datetime]]:
    """Every purchase of a person at a seller, by joining the tables the long way round."""
    items = [(row["order_id"], row["seller_id"]) for row in olist("order_items")]
    people = {row["customer_id"]: row["customer_unique_id"] for row in olist("customers")}
    orders = {row["order_id"]: row for row in olist("orders")}
    purchases: dict[tuple[str, str], list[datetime]] = {}
    for order_id, seller in items:
        order = orders[order_id]
        at = datetime.strptime(order["order_purchase_timestamp"], "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007
        local = at.replace(tzinfo=ZoneInfo("America/Sao_Paulo"))
        purchases.setdefault((people[order["customer_id"]], seller), []).append(local.astimezone(UTC))
    return purchases


@needs_olist
async def test_makes_customers_of_olist_s_buyers(platform: TestPlatform, tmp_path: Path) -> None:
    brazil = await TestPlatform.create(platform.facet, timezone="America/Sao_Paulo", currency="BRL")
    purchases = olist_purchases()

    report = await run_import(brazil.facet, brazil.record, OLIST, recipe="olist", rejected_dir=tmp_path)

    assert [(file.name, file.inserted, file.rejected) for file in report.files] == [
        ("merchants", 1_610, 0),
        ("stores", 1_610, 0),
        ("customers", len(purchases), 0),
    ]
    assert {row[0]: row[5] for row in await stored(brazil)} == {
        f"{person}:{seller}": min(times) for (person, seller), times in purchases.items()
    }
    again = await run_import(brazil.facet, brazil.record, OLIST, recipe="olist", rejected_dir=tmp_path)
    assert [(file.inserted, file.updated) for file in again.files] == [(0, 0), (0, 0), (0, 0)]


@needs_olist
async def test_puts_olist_s_stores_where_their_sellers_are(platform: TestPlatform, tmp_path: Path) -> None:
    brazil = await TestPlatform.create(platform.facet, timezone="America/Sao_Paulo", currency="BRL")
    sellers = {row["seller_id"]: row for row in olist("sellers")}

    await run_import(brazil.facet, brazil.record, OLIST, recipe="olist", rejected_dir=tmp_path)

    statement = text("SELECT external_id, city, region, postal_code, country_code, phone FROM tenancy_store")
    async with brazil.context() as ctx:
        found = {row[0]: tuple(row[1:]) for row in await ctx.session.execute(statement)}
    assert found == {
        id: (
            seller["seller_city"].title(),
            seller["seller_state"],
            seller["seller_zip_code_prefix"],
            "BR",
            None,
        )
        for id, seller in sellers.items()
        if id in found
    }
    assert len(found) == 1_610
    assert found["e38db885400cd35c71dfd162f2c1dbcf"] == ("Brasilia", "DF", "70740", "BR", None)


@needs_olist
async def test_counts_olist_s_customers_as_the_data_does(platform: TestPlatform, tmp_path: Path) -> None:
    brazil = await TestPlatform.create(platform.facet, timezone="America/Sao_Paulo", currency="BRL")
    first = {pair: min(times) for pair, times in olist_purchases().items()}
    zone = ZoneInfo("America/Sao_Paulo")
    begin, end = datetime(2018, 1, 1, tzinfo=zone), datetime(2018, 4, 1, tzinfo=zone)
    ((busiest, customers_of_busiest),) = Counter(
        seller for (_, seller), at in first.items() if at < end
    ).most_common(1)

    await run_import(brazil.facet, brazil.record, OLIST, recipe="olist", rejected_dir=tmp_path)

    async with brazil.context() as ctx:
        statement = select(Customer.store_id).where(
            Customer.platform_id == brazil.id, func.split_part(Customer.external_id, ":", 2) == busiest
        )
        store_id = await ctx.session.scalar(statement.limit(1))
    result = await brazil.execute(
        """
        query ($id: ID!, $context: MetricsContextInput) {
          platformMetrics(context: $context) { customers { totalCustomers { value } newCustomers { value } } }
          storeMetrics(storeId: $id, context: $context) { customers { totalCustomers { value } } }
        }
        """,
        {"id": global_id("Store", store_id), "context": {"dateFrom": "2018-01-01", "dateTo": "2018-03-31"}},
    )

    assert result.data == {
        "platformMetrics": {
            "customers": {
                "totalCustomers": {"value": sum(at < end for at in first.values())},
                "newCustomers": {"value": sum(begin <= at < end for at in first.values())},
            }
        },
        "storeMetrics": {"customers": {"totalCustomers": {"value": customers_of_busiest}}},
    }
