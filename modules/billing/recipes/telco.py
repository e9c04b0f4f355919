"""The recipe `telco`: IBM's Telco customer churn data as merchants and subscriptions.

It reads `subscriptions` (`.csv` or `.csv.gz`). Each customer of the data is a merchant with one subscription.

* The data is a picture of one month and names none: it is taken at the start of `REFERENCE_MONTH`.
* A subscription began `tenure` months before, so those of tenure 0 begin with the reference month itself.
* It ended at the start of the reference month when `Churn` is Yes, and runs otherwise.
* Whatever the `Contract`, the price is `MonthlyCharges` a month; the contract is the tier.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from server.contracts.imports import Recipe, Row

REFERENCE_MONTH = date(2020, 1, 1)
CURRENCY = "USD"
TIERS = {"Month-to-month": "month-to-month", "One year": "one-year", "Two year": "two-year"}


def merchants(folder: Path) -> Iterable[Row]:
    """Every customer of the data, since the subscription began."""
    for row in read(folder):
        id = row["customerID"]
        yield {"external_id": id, "name": f"Customer {id}", "created_at": started_at(row)}


def subscriptions(folder: Path) -> Iterable[Row]:
    """One subscription for each customer, with the customer's external id."""
    for row in read(folder):
        ended_at = midnight(REFERENCE_MONTH) if row["Churn"] == "Yes" else None
        yield {
            "external_id": row["customerID"],
            "merchant_id": row["customerID"],
            "tier": TIERS[row["Contract"]],
            "amount": row["MonthlyCharges"],
            "currency": CURRENCY,
            "interval": "month",
            "interval_count": "1",
            "quantity": "1",
            "started_at": started_at(row),
            "trial_ends_at": None,
            "cancel_requested_at": ended_at,
            "ended_at": ended_at,
        }


def started_at(row: Row) -> str:
    """The start of the month that lies `tenure` months before the reference month."""
    months = REFERENCE_MONTH.year * 12 + REFERENCE_MONTH.month - 1 - int(row["tenure"] or 0)
    return midnight(date(months // 12, months % 12 + 1, 1))


def midnight(day: date) -> str:
    """The start of a day in the platform's zone, as import files write it."""
    return f"{day.isoformat()}T00:00:00"


def read(folder: Path) -> Iterator[dict[str, str]]:
    """The rows of `subscriptions.csv`, or of `subscriptions.csv.gz` when there is no such file."""
    plain = folder / "subscriptions.csv"
    if plain.exists():
        with plain.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)
    else:
        with gzip.open(f"{plain}.gz", "rt", encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)


TELCO = Recipe(
    code="telco",
    description="IBM's Telco customer churn data: each customer as a merchant with a monthly subscription.",
    files={"merchants": merchants, "subscriptions": subscriptions},
)

DECLARED = (TELCO,)
