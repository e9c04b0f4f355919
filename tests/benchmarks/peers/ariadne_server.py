"""Ariadne with DataLoaders, run by uvicorn with its fast parts. It imports nothing of the project's."""

# mypy: disable-error-code="untyped-decorator, import-not-found"
# Ariadne is in no environment of the project's.

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import asyncpg
import uvicorn
from aiodataloader import DataLoader
from ariadne import ObjectType, QueryType, ScalarType, load_schema_from_path, make_executable_schema
from ariadne.asgi import GraphQL
from graphql import DocumentNode, GraphQLError, parse, validate
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

HERE = Path(__file__).parent
SQL = {path.stem: path.read_text(encoding="utf-8") for path in (HERE / "sql").glob("*.sql")}
BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL facet.platform_id = '{}'"
REMEMBERED_SECONDS = 5.0
THIRTY_DAYS = timedelta(days=30)
TREND = {"trend", "trendValue", "previousValue"}
CARDS = {
    "activeSubscriptions": (
        "billing.active_subscriptions",
        "Active subscriptions",
        "subscriptions",
        "credit-card",
    ),
    "mrr": ("billing.mrr", "MRR", "revenue", "repeat"),
    "totalStores": ("tenancy.total_stores", "Stores", "tenancy", "store"),
    "teamMembers": ("tenancy.team_members", "Team members", "tenancy", "users-round"),
    "totalCustomers": ("customers.total_customers", "Customers", "customers", "users"),
}
Record = dict[str, Any]


class Reads:
    """Reads of one request: a transaction that sees one platform, begun by the first read."""

    def __init__(self, platform_id: int) -> None:
        self.platform_id = platform_id
        self._connection: Any = None
        self._turn = asyncio.Lock()

    async def rows(self, name: str, *values: Any) -> list[Record]:
        async with self._turn:
            if self._connection is None:
                self._connection = await state.pool.acquire()
                await self._connection.execute(BEGIN.format(self.platform_id))
            return [dict(row) for row in await self._connection.fetch(SQL[name], self.platform_id, *values)]

    async def end(self) -> None:
        if self._connection is not None:
            await self._connection.execute("COMMIT")
            await state.pool.release(self._connection)


class State:
    """What lives as long as the process."""

    pool: Any
    known: dict[str, tuple[float, int, frozenset[int] | None]]


state = State()
state.known = {}


async def identify(token: str) -> tuple[int, frozenset[int] | None]:
    """The platform and the merchants (None: all) of the token's owner; raises `PermissionError`."""
    known = state.known.get(token)
    if known is None or known[0] < time.monotonic():
        known = (time.monotonic() + REMEMBERED_SECONDS, *await _look_up(token))
        state.known[token] = known
    return known[1:]


async def _look_up(token: str) -> tuple[int, frozenset[int] | None]:
    hash_ = hashlib.sha256(token.encode()).digest()
    async with state.pool.acquire() as connection, connection.transaction(readonly=True):
        found = await connection.fetchrow(SQL["identify"], hash_)
        if found is None or not found["is_good"]:
            raise PermissionError("unknown token")
        grants = await connection.fetch(SQL["grants"], found["platform_id"], found["user_id"])
    if not grants:
        raise PermissionError("unknown token")
    merchants = {grant["merchant_id"] for grant in grants}
    return found["platform_id"], None if None in merchants else frozenset(merchants)


async def context(request: Request, _data: Any) -> Record:
    """What an operation knows; its reads end with the request."""
    platform_id, reach = await identify(request.headers["authorization"].removeprefix("Bearer "))
    reads = Reads(platform_id)
    request.scope["reads"] = reads
    return {"reads": reads, "reach": reach, "loaders": {}}


def loader(info: Any, key: object, batch: Callable[[Sequence[int]], Any]) -> DataLoader[int, Any]:
    """The operation's loader for that key."""
    loaders: dict[object, DataLoader[int, Any]] = info.context["loaders"]
    if key not in loaders:
        loaders[key] = DataLoader(batch_load_fn=batch)
    return loaders[key]


query, merchant, numbers = QueryType(), ObjectType("Merchant"), ObjectType("MerchantMetrics")
billing, tenancy = ObjectType("BillingMerchantMetrics"), ObjectType("TenancyMerchantMetrics")
customers, store = ObjectType("CustomersMerchantMetrics"), ObjectType("Store")
instants, scalars = ScalarType("DateTime"), ScalarType("MetricScalar")


@query.field("merchantMetrics")
async def merchant_metrics(_: Any, info: Any, merchant_id: str) -> Any:
    id_ = int(b64decode(merchant_id).partition(b":")[2])
    reach = info.context["reach"]
    if reach is not None and id_ not in reach:
        return None
    found = await info.context["reads"].rows("merchant", [id_])
    return found[0] if found else None


@query.field("merchants")
async def merchants(_: Any, info: Any, first: int) -> Record:
    return {"nodes": await info.context["reads"].rows("merchants", first)}


@merchant.field("id")
def id_of_merchant(parent: Any, _info: Any) -> str:
    return outside("Merchant", parent["id"])


@merchant.field("metrics")
@numbers.field("billing")
@numbers.field("tenancy")
@numbers.field("customers")
def itself(parent: Any, _info: Any) -> Any:
    return parent


@merchant.field("stores")
async def stores(parent: Any, info: Any, first: int) -> Record:
    async def batch(ids: Sequence[int]) -> list[list[Any]]:
        lists: dict[int, list[Any]] = {id_: [] for id_ in ids}
        for row in await info.context["reads"].rows("stores", ids, first):
            lists[row["merchant_id"]].append(row)
        return list(lists.values())

    return {"nodes": await loader(info, ("stores", first), batch).load(parent["id"])}


@store.field("id")
def id_of_store(parent: Any, _info: Any) -> str:
    return outside("Store", parent["id"])


def number(kind: ObjectType, field: str) -> None:
    """Give the type a field for a metric."""
    statement = CARDS[field][0].partition(".")[2]

    async def resolve(parent: Any, info: Any) -> Record:
        with_trend = any(selects(node.selection_set, info.fragments) for node in info.field_nodes)

        async def batch(ids: Sequence[int]) -> list[Record]:
            now = datetime.now(UTC)
            before = now - THIRTY_DAYS if with_trend else None
            rows = await info.context["reads"].rows(statement, ids, now, before)
            found = {row["merchant_id"]: (row["now"], row["before"]) for row in rows}
            return [card(field, *found.get(id_, (0, 0))) for id_ in ids]

        answer: Record = await loader(info, (field, with_trend), batch).load(parent["id"])
        return answer

    kind.field(field)(resolve)


for kind, fields in {
    billing: ("activeSubscriptions", "mrr"),
    tenancy: ("totalStores", "teamMembers"),
    customers: ("totalCustomers",),
}.items():
    for name in fields:
        number(kind, name)


def selects(selection_set: Any, fragments: Any) -> bool:
    """Whether a trend is asked for below."""
    for selection in selection_set.selections:
        if selection.kind == "field":
            if selection.name.value in TREND:
                return True
        elif selects(
            (
                fragments[selection.name.value] if selection.kind == "fragment_spread" else selection
            ).selection_set,
            fragments,
        ):
            return True
    return False


def card(field: str, now: int, before: int) -> Record:
    """A number with its trend."""
    key, label, category, icon = CARDS[field]
    percent = (now - before) * 100 / before if before else None
    trend = None
    if percent is not None:
        trend = "STABLE" if abs(percent) < 0.5 else "UP" if percent > 0 else "DOWN"
    is_money = field == "mrr"
    return {
        "key": key,
        "label": label,
        "category": category,
        "icon": icon,
        "unit": "MONEY" if is_money else "COUNT",
        "value": f"{now / 100:.2f}" if is_money else now,
        "formatted": f"€{now / 100:,.2f}" if is_money else f"{now:,}",
        "trend": trend,
        "trend_value": percent,
        "previous_value": f"{before / 100:.2f}" if is_money else before,
    }


def outside(kind: str, id_: int) -> str:
    return b64encode(f"{kind}:{id_}".encode()).decode()


@instants.serializer
def instant(value: datetime) -> str:
    return value.isoformat()


class ById:
    """A document that `parsed` remembers, compared by what it is instead of by all it holds."""

    def __init__(self, document: DocumentNode) -> None:
        self.document = document

    def __hash__(self) -> int:
        return id(self.document)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ById) and self.document is other.document


@lru_cache(maxsize=256)
def parsed(text: str) -> DocumentNode:
    return parse(text)


schema = make_executable_schema(
    load_schema_from_path(str(HERE / "schema.graphql")),
    *(query, merchant, numbers, billing, tenancy, customers, store, instants, scalars),
    convert_names_case=True,
)


@lru_cache(maxsize=256)
def checked(document: ById) -> list[GraphQLError]:
    return validate(schema, document.document)


graphql = GraphQL(
    schema,
    context_value=context,
    query_parser=lambda _context, data: parsed(data["query"]),
    query_validator=lambda _schema, document, *_rest, **_options: checked(ById(document)),
)


class Served:
    """The request, and the end of its reads."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await graphql(scope, receive, send)
        finally:
            if "reads" in scope:
                await scope["reads"].end()


@asynccontextmanager
async def life(_app: Starlette) -> AsyncIterator[None]:
    settings = {"timezone": "UTC", "jit": "off", "plan_cache_mode": "force_generic_plan"}
    state.pool = await asyncpg.create_pool(
        os.environ["PEER_DATABASE_URL"], min_size=10, max_size=20, server_settings=settings
    )
    yield
    await state.pool.close()


app = Starlette(routes=[Route("/graphql", Served(), methods=["POST"])], lifespan=life)

if __name__ == "__main__":
    uvicorn.run(
        app, host="127.0.0.1", port=int(os.environ["PEER_PORT"]), access_log=False, log_level="warning"
    )
