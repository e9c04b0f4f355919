"""Requests per second and processor time, beside a server written by hand for exactly these questions."""

from __future__ import annotations

import csv
import gc
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeAlias

import orjson

from server.graphql.ids import global_id
from tests.benchmarks.installation import Installation, Serving
from tests.benchmarks.load import Connection, Load, Target, load
from tests.benchmarks.questions import DASHBOARD, MERCHANTS, Question
from tests.benchmarks.tables import show

ROUNDS, SECONDS, CONNECTIONS = 5, 3.0, 16
WARM_SECONDS = 5.0
"""A new connection to PostgreSQL answers its first dozen statements slowly, and each connection needs that dozen."""
DEMO_MERCHANTS, MORE_MERCHANTS, MORE_STORES = 40, 10, 3
Row: TypeAlias = tuple[str | float, ...]
OPENED = "2024-01-01T09:00:00"


@dataclass(frozen=True)
class Round:
    """A stretch of load; processor time in milliseconds for each request."""

    load: Load
    cpu: float
    postgres_cpu: float


@dataclass(frozen=True)
class Contender:
    """A server under test."""

    name: str
    serving: Serving
    target: Target

    async def answer(self, question: Question) -> object:
        """The data of one answer."""
        connection = await Connection.to(self.target.port)
        status, body = await connection.send(self.target.request(question.body))
        connection.close()
        assert status == 200, body
        answer = orjson.loads(body)
        assert "errors" not in answer, body
        return answer["data"]

    async def round(self, question: Question, installation: Installation, seconds: float) -> Round:
        """Load for that long, with nothing else going on."""
        gc.collect()
        cpu, postgres_cpu = self.serving.cpu(), installation.postgres_cpu()
        result = await load(self.target, question.body, seconds=seconds, connections=CONNECTIONS)
        used = self.serving.cpu() - cpu
        postgres_used = installation.postgres_cpu() - postgres_cpu
        return Round(result, used / result.requests * 1000, postgres_used / result.requests * 1000)


async def test_beside_the_limit(installation: Installation, tmp_path: Path) -> None:
    write_more_merchants(tmp_path)
    installation.facet("import", str(tmp_path), "--platform", "oms")
    await installation.analyze()
    questions = {
        "dashboard, 4 cards with trends": Question(
            "Dashboard", DASHBOARD, {"merchant": global_id("Merchant", 1)}
        ),
        f"{DEMO_MERCHANTS + MORE_MERCHANTS} merchants, 3 numbers, 5 stores": Question("Merchants", MERCHANTS),
    }
    with installation.serve() as ours, installation.serve("tests.benchmarks.limit") as limit:
        token = await installation.sign_in(ours.port, "oms-admin@demo.test", "oms")
        contenders = [
            Contender("Facet", ours, Target(ours.port, token)),
            Contender("by hand", limit, Target(limit.port, token)),
        ]
        rows: list[Row] = []
        for title, question in questions.items():
            answers = [await contender.answer(question) for contender in contenders]
            assert answers[0] == answers[1]
            rounds = await compete(contenders, question, installation)
            rows += table_rows(title, contenders, rounds)
    show(
        f"Requests, {CONNECTIONS} connections, {ROUNDS} interleaved rounds of {SECONDS:g} s, medians",
        (
            *("asked", "server", "requests/s", "p50, ms", "p99, ms", "CPU, ms", "PostgreSQL CPU, ms"),
            *("of by hand, %", "lowest", "highest"),
        ),
        rows,
        "One process each; CPU is for one request. Both gave the same answer before they were measured.",
        "By hand: no GraphQL, modules, ORM, budget or limits; the same statements, role, row-level security and",
        "look-up of the token. The share is taken within each round. Facet's query budget is set so high that it",
        "refuses nothing; it is charged all the same.",
    )


async def compete(
    contenders: Sequence[Contender], question: Question, installation: Installation
) -> list[list[Round]]:
    """The rounds, each with what every contender did in it."""
    for contender in contenders:
        await contender.round(question, installation, WARM_SECONDS)
    return [
        [await contender.round(question, installation, SECONDS) for contender in contenders]
        for _ in range(ROUNDS)
    ]


def table_rows(title: str, contenders: Sequence[Contender], rounds: list[list[Round]]) -> Iterator[Row]:
    """A row for each contender; the last one is what the others are compared with."""
    for place, contender in enumerate(contenders):
        own = [row[place] for row in rounds]
        shares = [
            100 * row[place].load.requests_per_second / row[-1].load.requests_per_second for row in rounds
        ]
        yield (
            *(title, contender.name),
            median(r.load.requests_per_second for r in own),
            median(r.load.p50 for r in own),
            median(r.load.p99 for r in own),
            median(r.cpu for r in own),
            median(r.postgres_cpu for r in own),
            *(median(shares), min(shares), max(shares)),
        )


def write_more_merchants(folder: Path) -> None:
    """Import files that make the demo's merchants fifty and give each six stores, the new ones customers too."""
    new = [f"m-x{number:02d}" for number in range(MORE_MERCHANTS)]
    known = [f"m-{number:03d}" for number in range(1, DEMO_MERCHANTS + 1)]
    merchants = MORE_STORES * [*new, *new, *known]
    stores = [(f"s-x{number:03d}", merchant) for number, merchant in enumerate(merchants)]
    customers = [
        (f"c-x{number:05d}", store) for number, (store, merchant) in enumerate(stores * 50) if merchant in new
    ]
    write(folder / "merchants.csv", ("external_id", "name"), [(id_, f"More {id_}") for id_ in new])
    write(
        folder / "stores.csv",
        ("external_id", "merchant_id", "name"),
        [(id_, merchant, f"Store {id_}") for id_, merchant in stores],
    )
    write(folder / "customers.csv", ("external_id", "store_id"), customers)


def write(path: Path, heads: Sequence[str], rows: Iterable[tuple[str, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*heads, "created_at"])
        writer.writerows([*row, OPENED] for row in rows)
