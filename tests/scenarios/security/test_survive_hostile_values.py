"""Whatever is sent for an argument of the real schema, the answer is well formed and says whose fault it is."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from graphql import GraphQLField, GraphQLInputObjectType, GraphQLSchema, get_named_type, is_list_type
from graphql import get_nullable_type as nullable

from modules.billing.testing import make_subscription, make_tier
from modules.customers.testing import make_customer
from modules.tenancy.testing import make_merchant, make_store
from server.app import Facet
from server.graphql.ids import global_id
from server.testing import TestPlatform
from tests.scenarios.security.documents import Ways, call, leaves
from tests.scenarios.security.installation import Site, codes_of, open_site_without, token_of
from tests.server.http.hostile import BODIES, DOCUMENTS

LEAKS = ("Traceback", 'File "', "site-packages", "asyncpg", "sqlalchemy", "RecursionError", "object at 0x")
EXPECTED = {
    "BAD_REQUEST", "BAD_USER_INPUT", "FORBIDDEN", "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED",
    "METHOD_NOT_ALLOWED", "NOT_FOUND", "PLATFORM_REQUIRED", "QUERY_TOO_COSTLY", "UNAUTHENTICATED",
    "PERSISTED_QUERY_NOT_SUPPORTED",
}  # fmt: skip
# They would end the session that asks.
LEFT_OUT = {"signOut", "revokeSession", "changePassword"}

TEXTS: list[Any] = [
    "", " ", "\x00", "a\x00b", "\ud800", "\udc00a", "\x07", "\u202e", "\ufeff", "\u0130" * 300, "x" * 10_000, "𝒳" * 200,
    "%_\\", "'; DROP TABLE platform; --", "{{7*7}}", "<script>", "../../etc/passwd", "null", 1, True, [], {}, ["a"],
]  # fmt: skip
IDS: list[Any] = [
    "", "x", "====", "\x00", "\ud800", -1, 0, 10**30, 1.5, None, [], {}, *(
        base64.b64encode(inner).decode() for inner in (
            b"", b":", b"Merchant", b"Merchant:", b"Merchant:-1", b"Merchant:0", b"Merchant:1:2", b"Merchant:1.5",
            b"Merchant:" + b"9" * 18, b"Merchant:" + b"9" * 19, b"Merchant:" + b"9" * 5_000, b"Merchant:\x00",
            "Merchant:\u0661".encode(), b"Query:1", b"Node:1", b"__Type:1", b"Merchant\x00:1", b"\xff\xfe:1",
            b"MetricValue:1", b"String:1", b"User:1", b"Platform:9", b"Customer:1", b"BillingTier:1", b"Store:1",
        )
    ),
]  # fmt: skip
VALUES: dict[str, list[Any]] = {
    "String": TEXTS,
    "ID": IDS,
    "Int": [0, -1, 101, 2**31 - 1, -(2**31), 2**31, 2**63, 10**30, 1.0, 1.5, 1e308, "1", True, None, []],
    "Float": [0, -1, 1e308, -1e308, 5e-324, "1", True, []],
    "Boolean": [None, 0, 1, "true", []],
    "DateTime": [
        "", "x", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00",
        "2026-02-30T00:00:00Z",
        "9999-12-31T23:59:59.999999999Z", "2026-01-01T24:00:00Z", "2026-01-01", "2026-W01-1", "\x00", 0, 10**30, None,
    ],
    "Date": ["", "x", "0001-01-01", "9999-12-31", "2026-02-30", "2026-01-01T00:00:00Z", "\x00", 0, None, []],
    "Decimal": [
        "", "x", "NaN", "-NaN", "sNaN", "Infinity", "-Infinity", "1e400", "-1e400", "1e-400", "-0", "0", "9" * 40,
        "0.001", "1_0", "\u0661", "\x00", 1, 1.1, 10**30, True, [],
    ],
    "JSON": [
        None, 0, "", [], {}, {"": ""}, {"\x00": 1}, {"a": "\x00"}, {"\ud800": 1}, {"a": "\ud800"}, 10**30, 1e308,
        {"trial_days": 10**30}, {"trial_days": 1e308}, {"trial_days": {"a": 1}}, {"a": [[[[1]]]]}, {"__proto__": {}},
        {"invoice_prefix": "\u202e"}, {"stripe_secret_key": {"a": 1}}, {"stripe_secret_key": "x" * 10_000},
    ],
}  # fmt: skip
TIMES = {"Date", "DateTime"}
ENUM_VALUES: list[Any] = ["", "x", "\x00", 0, None, [], {}]


@pytest_asyncio.fixture(loop_scope="session")
async def patient(facet: Facet) -> AsyncIterator[Site]:
    """A process whose callers never run out of points."""
    async with open_site_without(facet) as opened:
        yield opened


async def things_of(platform: TestPlatform) -> dict[str, str]:
    """Global ids of what the platform has, by type."""
    async with platform.context() as ctx:
        merchant = await make_merchant(ctx)
        stores = [await make_store(ctx, merchant.id) for _ in range(3)]
        customers = [await make_customer(ctx, stores[0].id, email="a@example.com") for _ in range(3)]
        tiers = [await make_tier(ctx) for _ in range(3)]
        subscription = await make_subscription(
            ctx, merchant_id=merchant.id, tier=tiers[0], started_at=ctx.clock.now()
        )
    rows: dict[str, Any] = {
        "Merchant": merchant, "Store": stores[0], "Customer": customers[0], "BillingTier": tiers[1],
        "BillingSubscription": subscription,
    }  # fmt: skip
    return {name: global_id(name, row.id) for name, row in rows.items()}


def own_ids(things: dict[str, str]) -> dict[str, str]:
    """Literals for arguments by their name, so that the other arguments of a field are good."""
    named = {"merchantId": "Merchant", "storeId": "Store", "tierId": "BillingTier", "id": "Merchant"}
    return {name: f'"{things[type_name]}"' for name, type_name in named.items()}


def problems(response: httpx.Response, sent: object) -> list[object]:
    """What is wrong with an answer, with what was sent."""
    content = response.json()
    is_fine = (
        response.status_code < 500
        and not [leak for leak in LEAKS if leak in response.text]
        and set(codes_of(response)) <= EXPECTED
        and all(error["message"] for error in content.get("errors", ()))
        and ("data" in content or "errors" in content)
    )
    return [] if is_fine else [(sent, response.status_code, content)]


def places(schema: GraphQLSchema) -> Iterator[tuple[str, str, GraphQLField, str]]:
    """(type, name, field, argument) for every argument of every field there is."""
    for type_ in schema.type_map.values():
        if type_.name.startswith("__"):
            continue
        for name, field in getattr(type_, "fields", {}).items():
            for argument in getattr(field, "args", {}):
                if name not in LEFT_OUT:
                    yield type_.name, name, field, argument


def values_for(type_: Any) -> Iterator[Any]:
    """Hostile values for an input type, and good objects with one hostile value in them."""
    named = get_named_type(type_)
    if isinstance(named, GraphQLInputObjectType):
        yield from ({}, [], "x", {"zqxjk": 1}, {"\x00": 1})
        for name, field in named.fields.items():
            yield from ({name: value} for value in list(values_for(field.type))[:12])
        return
    for value in VALUES.get(named.name, ENUM_VALUES):
        yield [value] if is_list_type(nullable(type_)) else value


@pytest.mark.parametrize(
    ("timezone", "kinds", "least"),
    [("Pacific/Kiritimati", None, 1_000), ("Pacific/Niue", TIMES, 50)],
    ids=["far east", "times in the far west"],
)
async def test_answers_hostile_values_for_every_argument(
    patient: Site, facet: Facet, timezone: str, kinds: set[str] | None, least: int
) -> None:
    platform = await TestPlatform.create(facet, timezone=timezone)
    schema, wrong = patient.facet.schema.graphql_schema, list[object]()
    ways, given, tried = Ways(schema), own_ids(await things_of(platform)), 0
    token = await token_of(platform)
    for number, (type_name, name, field, argument) in enumerate(places(schema)):
        type_ = field.args[argument].type
        if kinds is not None and kinds.isdisjoint(leaf_kinds(type_)):
            continue
        others = {n: given[n] for n, a in field.args.items() if n in given and n != argument}
        others = {n: v for n, v in others.items() if str(field.args[n].type) == "ID!"}
        selection = call(name, field, {**others, argument: "$v"}) + leaves(schema, field.type, 0)
        text = ways.to(type_name, selection).replace(" {", f" ($v: {type_}) {{", 1)
        # Every other value at each place, all of them at the next two of a kind.
        for value in list(values_for(type_))[number % 2 :: 2]:
            response = await patient.ask(text, {"v": value}, token=token)
            wrong += problems(response, (text, value))
            tried += 1

    assert wrong == []
    assert tried >= least


def leaf_kinds(type_: Any) -> set[str]:
    """The names of the leaf types in an input type."""
    named = get_named_type(type_)
    if not isinstance(named, GraphQLInputObjectType):
        return {named.name}
    return set[str]().union(*(leaf_kinds(field.type) for field in named.fields.values()))


CURSOR_PARTS: list[Any] = [
    None, True, -1, 0, 1.5, 10**18, 10**19, 10**30, "", "x", "\x00", "0001-01-01T00:00:00+14:00", "9999-12-31", [], {},
    "x" * 3_000, "2026-01-01T00:00:00",
]  # fmt: skip
LISTS = [
    "merchants", "stores", "customers", "tiers", "subscriptions", "mrrMovements", "auditLog", "apiKeys",
    "sessions", "moduleHistory", "merchants(orderBy: {field: CREATED_AT})", "customers(orderBy: {field: NAME})",
    "subscriptions(orderBy: {field: CREATED_AT})",
]  # fmt: skip


@pytest.mark.parametrize("listed", LISTS)
async def test_answers_cursors_that_were_tampered_with(
    patient: Site, platform: TestPlatform, listed: str
) -> None:
    await things_of(platform)
    token = await token_of(platform)
    name, _, rest = listed.partition("(")
    page = f"({rest.rstrip(')')}, first: 1)" if rest else "(first: 1)"
    first = await patient.ask(f"{{ {name}{page} {{ edges {{ cursor }} }} }}", token=token)
    edges = first.json()["data"][name]["edges"]
    cursor = edges[0]["cursor"] if edges else base64.urlsafe_b64encode(b'["x",1,1]').decode()
    kind, value, id_ = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    altered = [[kind, part, id_] for part in CURSOR_PARTS] + [[kind, value, part] for part in CURSOR_PARTS]
    altered += [[part, value, id_] for part in CURSOR_PARTS]
    bodies = [json.dumps(parts).encode() for parts in altered]
    bodies += [b"", b"[]", b"{}", b"[1,2]", b"\xff", b"[" * 5_000, b'["x",NaN,1]']
    cursors = [base64.urlsafe_b64encode(body).decode().rstrip("=") for body in bodies]
    text = f"query ($after: String) {{ {name}{page[:-1]}, after: $after) {{ nodes {{ __typename }} }} }}"

    for after in [*cursors, "=", "A", "*", "\x00", "é"]:
        response = await patient.ask(text, {"after": after}, token=token)
        assert problems(response, after) == []


@pytest.mark.parametrize("signed_in", [True, False], ids=["signed in", "anonymous"])
async def test_answers_malformed_bodies_and_odd_documents(
    patient: Site, platform: TestPlatform, signed_in: bool
) -> None:
    headers = {"content-type": "application/json"}
    if signed_in:
        headers["authorization"] = f"Bearer {await token_of(platform)}"
    bodies = [*BODIES, *(json.dumps({"query": text}).encode() for text in DOCUMENTS)]

    for body in bodies:
        response = await patient.client.post("/graphql", content=body, headers=headers)
        assert problems(response, body[:80]) == []


@pytest.mark.parametrize(
    "path",
    ["/p/%00/graphql", "/p/%ff/graphql", "/p/" + "x" * 5_000 + "/graphql", "/p/%ED%A0%80/graphql", "/p/'/graphql"],
)  # fmt: skip
async def test_knows_no_platform_of_an_odd_code(patient: Site, path: str) -> None:
    response = await patient.ask("{ __typename }", at=path)

    assert problems(response, path) == []
    assert response.status_code == 404


@pytest.mark.parametrize(
    "host", ["", "\xff", "a" * 5_000, "x:y:z", "[::1", "facet.test:99999999", "a\x00b", "//"]
)
async def test_answers_under_an_odd_host_name(patient: Site, host: str) -> None:
    headers = {"content-type": "application/json", "host": host.encode("latin-1")}

    response = await patient.client.post("/graphql", content=b'{"query":"{ __typename }"}', headers=headers)  # type: ignore[arg-type]

    assert problems(response, host) == []


@pytest.mark.parametrize(
    "token", ["", " ", "x", "fs_", "fs_" + "a" * 43, "fk_" + "é" * 43, "fs_" + "a" * 9_000, "a b", "\x01"]
)
async def test_refuses_odd_tokens_alike(patient: Site, token: str) -> None:
    headers = {"content-type": "application/json", "authorization": b"Bearer " + token.encode()}

    response = await patient.client.post("/graphql", content=b'{"query":"{ __typename }"}', headers=headers)  # type: ignore[arg-type]

    assert problems(response, token) == []
    assert response.status_code == 401
    assert codes_of(response) == ["UNAUTHENTICATED"]


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ('mutation { createMerchant(name: "a\\u0000b") { __typename } }', {}),
        ('mutation { createMerchant(name: """a\x00b""") { __typename } }', {}),
        ("mutation ($n: String!) { createMerchant(name: $n) { __typename } }", {"n": "a\x00b"}),
        ('mutation ($n: String! = "\\u0000") { createMerchant(name: $n) { __typename } }', {}),
        ('mutation { configureModule(code: "billing", values: { a: { b: "\\u0000" } }) { __typename } }', {}),
        ('mutation ($v: JSON!) { configureModule(code: "billing", values: $v) { __typename } }', {"v": {"\x00": 1}}),
    ],
)  # fmt: skip
async def test_refuses_texts_that_no_database_keeps(
    patient: Site, platform: TestPlatform, text: str, variables: dict[str, Any]
) -> None:
    response = await patient.ask(text, variables, token=await token_of(platform))

    assert response.status_code == 400
    assert codes_of(response) == ["BAD_USER_INPUT"]
    assert "zero character" in response.json()["errors"][0]["message"]
