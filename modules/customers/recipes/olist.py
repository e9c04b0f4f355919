"""The recipe `olist`: Olist's Brazilian e-commerce data as merchants, stores and customers.

It reads `sellers`, `orders`, `order_items` and `customers` (`.csv` or `.csv.gz`). Each seller is a merchant
with one store, both created at the seller's first order; sellers without an order are left out. A store
is where its seller is; of the postal code the data tells the first five digits. A person
(`customer_unique_id`) is a customer of every store they bought from, since the first purchase there, with the
external id `<person>:<seller>`. Orders count whatever became of them, from the time of purchase. Their times are
local and name no zone. The data tells neither names nor addresses of people.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path

from server.contracts.imports import Recipe, Row

ZONE = "America/Sao_Paulo"


def merchants(folder: Path) -> Iterable[Row]:
    """Every seller with an order; the city is all the data tells of its name."""
    since = first_sales(folder)
    for seller in read(folder, "sellers"):
        id = seller["seller_id"]
        if id in since:
            yield {"external_id": id, "name": seller_name(seller), "created_at": since[id]}


def stores(folder: Path) -> Iterable[Row]:
    """One store for each merchant, with the same external id, in the seller's city."""
    sellers = {seller["seller_id"]: seller for seller in read(folder, "sellers")}
    for merchant in merchants(folder):
        seller = sellers[merchant["external_id"] or ""]
        yield {
            **merchant,
            "merchant_id": merchant["external_id"],
            "city": seller["seller_city"].title(),
            "region": seller["seller_state"],
            "postal_code": seller["seller_zip_code_prefix"],
            "country_code": "BR",
        }


def customers(folder: Path) -> Iterable[Row]:
    """Every pair of a person and a seller with the person's first purchase there."""
    for (person, seller), at in sorted(first_purchases(folder).items()):
        yield {"external_id": f"{person}:{seller}", "store_id": seller, "created_at": at}


def first_sales(folder: Path) -> dict[str, str]:
    """When each seller first sold something."""
    first: dict[str, str] = {}
    for (_, seller), at in first_purchases(folder).items():
        first[seller] = min(at, first.get(seller, at))
    return first


def first_purchases(folder: Path) -> dict[tuple[str, str], str]:
    """When each person first bought from each seller. The times compare as text."""
    person = {row["customer_id"]: row["customer_unique_id"] for row in read(folder, "customers")}
    order = {
        row["order_id"]: (person[row["customer_id"]], row["order_purchase_timestamp"])
        for row in read(folder, "orders")
    }
    first: dict[tuple[str, str], str] = {}
    for item in read(folder, "order_items"):
        buyer, at = order[item["order_id"]]
        pair = (buyer, item["seller_id"])
        first[pair] = min(at, first.get(pair, at))
    return first


def seller_name(seller: dict[str, str]) -> str:
    """Sellers are nameless in the data: the city, the state and the beginning of the id."""
    city = seller["seller_city"].title()
    return f"{city} {seller['seller_state']} {seller['seller_id'][:6]}"


def read(folder: Path, name: str) -> Iterator[dict[str, str]]:
    """The rows of `<name>.csv`, or of `<name>.csv.gz` when there is no such file."""
    plain = folder / f"{name}.csv"
    if plain.exists():
        with plain.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)
    else:
        with gzip.open(f"{plain}.gz", "rt", encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)


OLIST = Recipe(
    code="olist",
    description="Olist's Brazilian e-commerce data: sellers as merchants and stores, buyers as customers.",
    files={"merchants": merchants, "stores": stores, "customers": customers},
    zone=ZONE,
)
