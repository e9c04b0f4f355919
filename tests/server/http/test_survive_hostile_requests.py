"""Whatever is sent, the answer is well formed, never a server error, and tells nothing of the inside."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Iterator

import pytest

from server.composition import ViewCache
from server.http.limits import Limits
from tests.server.http.conftest import Site, open_site
from tests.server.http.hostile import BODIES, DOCUMENTS

LEAKS = ("Traceback", 'File "', "site-packages", "secret-in-exception", "RecursionError", "object at 0x")


def _mutations(seed: int, count: int) -> Iterator[str]:
    """Valid operations with a few characters changed: what a fuzzer sends."""
    chance = random.Random(seed)
    valid = [
        (
            "query Q($f: Int = 5) { books(first: $f) { nodes { title ...B } pageInfo { hasNextPage } } } "
            "fragment B on Book { author { name books(first: 3) { edges { node { isbn } } } } }"
        ),
        'mutation { signIn(email: "a", password: "b") { ... on SignInPayload { token } } }',
        '{ a: echo(text: """x""", filter: {isbns: [1, 2], inner: {isbns: ["3"]}}) __schema { types { name } } }',
        "{ broken missing book { rating sequels { title } similar { title } } }",
    ]
    pieces = [
        *list('{}()[]:$!@#"\\ \n,.|=&'),
        "...",
        "on",
        "fragment",
        "query",
        "null",
        "1e9",
        '"""',
        "\x00",
        "𝒳",
    ]
    for _ in range(count):
        text = chance.choice(valid)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(text))
            text = text[:at] + chance.choice(pieces) + text[at + chance.randint(0, 3) :]
        yield text


@pytest.fixture
async def small_site(views: ViewCache) -> AsyncIterator[Site]:
    async with open_site(views, limits=Limits(body_bytes=1_000)) as opened:
        yield opened


def _check(status: int, body: bytes) -> None:
    content = json.loads(body)
    text = body.decode()
    assert status < 500
    assert "errors" in content or "data" in content
    assert not [leak for leak in LEAKS if leak in text]
    for error in content.get("errors", ()):
        assert error["message"]
        assert error["extensions"]["code"]


@pytest.mark.parametrize("signed_in", [True, False], ids=["member", "anonymous"])
async def test_answers_every_malformed_body(site: Site, signed_in: bool) -> None:
    headers = {"content-type": "application/json"}
    if signed_in:
        headers["authorization"] = "Bearer member"

    for body in BODIES:
        response = await site.client.post("/graphql", content=body, headers=headers)

        _check(response.status_code, response.content)
        assert response.status_code == 400 or b"{hello}" in body or b'"query"' in body, body[:60]


@pytest.mark.parametrize("signed_in", [True, False], ids=["member", "anonymous"])
async def test_answers_every_odd_document(site: Site, signed_in: bool) -> None:
    for text in DOCUMENTS:
        response = await site.query(text, signed_in=signed_in)

        _check(response.status_code, response.content)


async def test_answers_hundreds_of_fuzzed_documents(site: Site) -> None:
    for text in _mutations(seed=20, count=400):
        response = await site.query(text)

        _check(response.status_code, response.content)


VARIABLES: list[object] = [
    None, True, 0, -1, 1.5, 2**31, 2**53, 1e300, "", "text", "\u0000", [], [1], [[]], {}, {"a": 1}, {"isbns": 1},
    {"isbns": [None]}, {"isbns": [[1]]}, {"inner": {"inner": None}}, {"__proto__": 1}, ["x"] * 250, ["x"] * 251,
]  # fmt: skip


@pytest.mark.parametrize("kind", ["Int", "Float", "String", "BookFilter", "[Int!]!"])
async def test_answers_variables_of_any_kind(site: Site, kind: str) -> None:
    argument = {"Int": "count", "Float": "number", "String": "text", "BookFilter": "filter"}.get(kind, "text")
    text = f"query($v: {kind}) {{ echo({argument}: $v) }}"

    for value in VARIABLES:
        response = await site.query(text, {"v": value})

        _check(response.status_code, response.content)


@pytest.mark.parametrize(
    "query_string",
    [
        "",
        "query",
        "query=",
        "query=%ff",
        "query=%7Bhello%7D&variables=%7B",
        "query=%7Bhello%7D&variables=null",
        "query=%7Bhello%7D&variables=[]",
        "query=%7Bhello%7D&variables=" + "[" * 5_000,
        "query=%7Bhello%7D&extensions=1",
        "&".join(["query=%7Bhello%7D"] * 100),
        "query=%ED%A0%80",
    ],
)
async def test_answers_every_odd_url(site: Site, query_string: str) -> None:
    response = await site.client.get(f"/graphql?{query_string}", headers={"authorization": "Bearer member"})

    _check(response.status_code, response.content)


async def test_refuses_a_long_body_without_reading_it(small_site: Site) -> None:
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(100):
            read += 1
            yield b" " * 500

    announced = await small_site.post({"query": "{hello}" + " " * 1_000})
    chunked = await small_site.client.post(
        "/graphql", content=body(), headers={"content-type": "application/json"}
    )

    for response in (announced, chunked):
        assert response.status_code == 413
        assert response.json()["errors"][0]["extensions"]["code"] == "BODY_TOO_LARGE"
        assert response.headers["connection"] == "close"
    assert small_site.visits == []


async def test_accepts_a_body_of_exactly_the_limit(small_site: Site) -> None:
    body = b'{"query":"{hello}"}'

    response = await small_site.client.post(
        "/graphql",
        content=body + b" " * (1_000 - len(body)),
        headers={"content-type": "application/json", "authorization": "Bearer member"},
    )

    assert response.json()["data"] == {"hello": "hello"}


async def test_gives_up_on_a_body_that_never_ends(views: ViewCache) -> None:
    async with open_site(views, limits=Limits(body_seconds=0.0)) as site:

        async def body() -> AsyncIterator[bytes]:
            yield b"{"
            await asyncio.Event().wait()

        response = await site.client.post(
            "/graphql", content=body(), headers={"content-type": "application/json"}
        )

    assert response.status_code == 408
    assert response.headers["connection"] == "close"


@pytest.mark.parametrize("length", ["-1", "x", "1" * 30, "1.5"])
async def test_refuses_a_content_length_that_is_no_number(site: Site, length: str) -> None:
    response = await site.client.post(
        "/graphql",
        content=b"{}",
        headers={"content-type": "application/json", "content-length": length},
    )

    assert response.status_code == 400
