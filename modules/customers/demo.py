"""Demo data: customers who found their store over two years, more each month and most at the larger stores."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from server.contracts.demo import DemoData, DemoSeed
from server.contracts.imports import Row

FIRST_NAMES = (
    "Ada",
    "Bruno",
    "Clara",
    "Dan",
    "Emma",
    "Finn",
    "Gina",
    "Henri",
    "Iris",
    "Jan",
    "Kira",
    "Louis",
    "Maya",
    "Noah",
)
LAST_NAMES = (
    "Arend",
    "Braun",
    "Conti",
    "Diederich",
    "Ernst",
    "Feller",
    "Gomes",
    "Hansen",
    "Krier",
    "Lopes",
    "Meyer",
    "Thill",
)


def customers(seed: DemoSeed) -> Iterator[Row]:
    """Nobody comes before the store opens. One in ten leaves no name, one in five no e-mail address."""
    random = seed.random("customers")
    stores = [(store_id, seed.opened(store_id, merchant_id)) for store_id, merchant_id in seed.store_ids()]
    weights = [1 / (rank + 5) for rank in range(len(stores))]
    for number, (store_id, opened) in enumerate(
        random.choices(stores, weights, k=seed.platform.buyers), start=1
    ):
        day = opened + timedelta(days=1 + int(((seed.until - opened).days - 1) * random.random() ** 0.7))
        name = f"{random.choice(FIRST_NAMES)} {random.choice(LAST_NAMES)}"
        yield {
            "external_id": f"c-{number:05d}",
            "store_id": store_id,
            "name": name if number % 10 else None,
            "email": f"c{number}@shoppers.example" if number % 5 else None,
            "created_at": datetime.combine(
                day, time(random.randint(7, 21), random.randint(0, 59))
            ).isoformat(),
        }


DEMO = DemoData(rows={"customers": customers})
