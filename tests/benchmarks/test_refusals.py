"""Errors and refusals beside a valid question: nobody may make the server work harder by asking for nonsense."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

import asyncpg
import orjson

from server.graphql.ids import global_id
from tests.benchmarks.asking import Connection, Target
from tests.benchmarks.conftest import Effort
from tests.benchmarks.contenders import Contender, Round, facet
from tests.benchmarks.data import token_of
from tests.benchmarks.installation import Installation
from tests.benchmarks.pinning import pinned
from tests.benchmarks.tables import show
from tests.benchmarks.workloads import WORKLOADS

DASHBOARD = WORKLOADS["W1"].questions[0]
DIFFERENT = 1_000
"""So many texts that none is remembered when it comes again."""
VALID = "valid"


@dataclass(frozen=True)
class Case:
    """Requests of one kind, in turn. `broken_table`: what the application may not read meanwhile."""

    name: str
    bodies: tuple[bytes, ...]
    token: str = DASHBOARD.token
    broken_table: str | None = None


def body(text: str = DASHBOARD.text, **variables: object) -> bytes:
    """The dashboard's question, or another one with its variables."""
    return orjson.dumps(
        {"query": text, "operationName": DASHBOARD.name, "variables": {**DASHBOARD.variables, **variables}}
    )


UNKNOWN_FIELD = DASHBOARD.text.replace("formatted", "formated")
PERIOD = DASHBOARD.text.replace(
    "merchantId: $merchant", 'merchantId: $merchant, context: {dateFrom: "1066-10-14"}'
)
DEEP = DASHBOARD.text.replace("key label", "key label " + "... on MetricValue { " * 40 + "key" + " }" * 40)
ALIASES = DASHBOARD.text.replace("key label", " ".join(f"k{n}: key" for n in range(60)))
COSTLY = """query Dashboard {
  merchants(first: 100) {
    nodes { stores(first: 100) { nodes { metrics { customers { totalCustomers { value } } } } } }
  }
}"""
CASES = (
    Case(VALID, (body(),)),
    Case("valid, another text each time", tuple(body(f"{DASHBOARD.text} # {n}") for n in range(DIFFERENT))),
    Case("a field that is not there", (body(UNKNOWN_FIELD),)),
    Case("the same, another text each time", tuple(body(f"{UNKNOWN_FIELD} # {n}") for n in range(DIFFERENT))),
    Case("no GraphQL", (body("query Dashboard {"),)),
    Case("too many aliases", (body(ALIASES),)),
    Case("too many points", (body(COSTLY),)),
    Case("a variable of a wrong type", (body(merchant=[1]),)),
    Case("an id of something else", (body(merchant=global_id("Store", 71)),)),
    Case("a period that makes no sense", (body(PERIOD),)),
    Case("a merchant that is not there", (body(merchant=global_id("Merchant", 999_999_999)),)),
    Case("a metric that fails", (body(),), broken_table="billing_mrr_movement"),
    Case("an unknown token", (body(),), token=token_of("nobody")),
    Case("no token at all", (body(),), token=""),
)


def test_refusals(bench: Installation, effort: Effort) -> None:
    rows = []
    with facet(bench) as ours:
        found: dict[str, list[Round]] = {case.name: [] for case in CASES}
        told = {case.name: _told(bench, ours, case) for case in CASES}
        for case in CASES:
            _round(bench, ours, case, told[case.name][0], 2 * effort.seconds)
        for _ in range(effort.rounds):
            for case in CASES:
                found[case.name].append(_round(bench, ours, case, told[case.name][0], effort.seconds))
    for name, rounds in found.items():
        shares = [own.cpu / valid.cpu for own, valid in zip(rounds, found[VALID], strict=True)]
        rows.append(
            (
                *(name, *told[name]),
                median(r.load.requests_per_second for r in rounds),
                median(r.cpu for r in rounds),
                median(r.postgres_cpu for r in rounds),
                median(shares),
                max(shares),
            )
        )
    show(
        f"Errors and refusals beside a valid dashboard, medians of {effort.rounds} rounds of {effort.seconds:g} s",
        (
            *("asked", "status", "code", "requests/s", "CPU, ms", "PostgreSQL CPU, ms"),
            *("CPU, times the valid one", "highest"),
        ),
        rows,
        f"{pinned()} CPU is for one request; the comparison is within each round.",
    )


def _round(bench: Installation, ours: Contender, case: Case, status: int, seconds: float) -> Round:
    target = Target(ours.serving.port, case.token)
    with _unreadable(bench, case.broken_table):
        return ours.round([target.request(body) for body in case.bodies], bench, seconds, status)


def _told(bench: Installation, ours: Contender, case: Case) -> tuple[int, str]:
    """The status and the first error's code."""

    async def ask() -> tuple[int, bytes]:
        connection = await Connection.to(ours.serving.port)
        answer = await connection.send(Target(ours.serving.port, case.token).request(case.bodies[0]))
        connection.close()
        return answer

    with _unreadable(bench, case.broken_table):
        status, answer = asyncio.run(ask())
    errors = orjson.loads(answer).get("errors")
    assert bool(errors) != case.name.startswith(VALID), answer
    return status, errors[0]["extensions"]["code"] if errors else ""


@contextmanager
def _unreadable(bench: Installation, table: str | None) -> Iterator[None]:
    """Let a statement fail in PostgreSQL as a broken one does."""
    if table is None:
        yield
        return
    asyncio.run(_as_owner(bench, f"REVOKE SELECT ON {table} FROM facet_app"))
    try:
        yield
    finally:
        asyncio.run(_as_owner(bench, f"GRANT SELECT ON {table} TO facet_app"))


async def _as_owner(bench: Installation, command: str) -> None:
    connection = await asyncpg.connect(bench.postgres.owner_url)
    await connection.execute(command)
    await connection.close()
