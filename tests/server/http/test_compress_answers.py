"""Large answers to queries are compressed for clients that take gzip; nothing else ever is."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.datastructures import Headers

from server.composition import ViewCache
from server.http import compress
from server.http.compress import COMPRESSED_FROM, IN_THREAD_FROM, accepts_gzip
from tests.server.http.conftest import Site, open_site

MEMBER = {"authorization": "Bearer member"}
PLAIN = {"accept-encoding": "identity"}
GZIP = {"accept-encoding": "gzip"}
ECHO = "query ($text: String) { echo(text: $text) }"
VARY = "Accept, Accept-Encoding, Authorization, Cookie, Origin"


@pytest.fixture
async def eager_site(views: ViewCache) -> AsyncIterator[Site]:
    """A site that compresses from 10 bytes on."""
    async with open_site(views, compress_from=10) as opened:
        yield opened


async def _exchange(site: Site, method: str, url: str, **request: Any) -> tuple[httpx.Response, bytes]:
    """A response and its body as it went over the wire."""
    async with site.client.stream(method, url, **request) as response:
        raw = b"".join([chunk async for chunk in response.aiter_raw()])
    return response, raw


async def _echo(site: Site, size: int, headers: dict[str, str]) -> tuple[httpx.Response, bytes]:
    content = {"query": ECHO, "variables": {"text": "abcdefgh" * (size // 8)}}
    return await _exchange(site, "POST", "/graphql", json=content, headers={**MEMBER, **headers})


async def test_compresses_a_large_answer(site: Site) -> None:
    _, plain = await _echo(site, COMPRESSED_FROM, PLAIN)
    response, body = await _echo(site, COMPRESSED_FROM, GZIP)

    assert response.headers["content-encoding"] == "gzip"
    assert response.headers["content-length"] == str(len(body))
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["vary"] == VARY
    assert len(body) < len(plain) / 4
    assert json.loads(gzip.decompress(body))["data"] == json.loads(plain)["data"]


async def test_leaves_a_small_answer_as_it_is(site: Site) -> None:
    response, body = await _echo(site, COMPRESSED_FROM // 2, GZIP)

    assert "content-encoding" not in response.headers
    assert response.headers["vary"] == VARY
    assert response.headers["content-length"] == str(len(body))
    assert len(body) > COMPRESSED_FROM // 2


async def test_compresses_from_the_length_that_is_set(views: ViewCache) -> None:
    async with open_site(views) as site:
        _, plain = await _echo(site, 0, PLAIN)
    for compress_from, encoding in ((len(plain), "gzip"), (len(plain) + 1, None), (0, None)):
        async with open_site(views, compress_from=compress_from) as site:
            response, _ = await _echo(site, 0, GZIP)

        assert response.headers.get("content-encoding") == encoding


async def test_compresses_a_very_large_answer_beside_the_event_loop(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, is_beside = asyncio.get_running_loop(), []
    compressed = compress._gzip

    def watched(body: bytes) -> bytes:
        try:
            is_beside.append(asyncio.get_running_loop() is not loop)
        except RuntimeError:
            is_beside.append(True)
        return compressed(body)

    monkeypatch.setattr(compress, "_gzip", watched)
    twice = "query ($text: String) { a: echo(text: $text) b: echo(text: $text) }"
    text = "abcdefgh" * (IN_THREAD_FROM // 16)
    content = {"query": twice, "variables": {"text": text}}

    response, body = await _exchange(site, "POST", "/graphql", json=content, headers={**MEMBER, **GZIP})
    await _echo(site, COMPRESSED_FROM, GZIP)

    assert is_beside == [True, False]
    assert response.headers["content-length"] == str(len(body))
    assert response.headers["content-encoding"] == "gzip"
    assert gzip.decompress(body).count(text.encode()) == 2


@pytest.mark.parametrize(
    ("accept_encoding", "takes"),
    [
        ("gzip", True),
        ("GZIP", True),
        ("x-gzip", True),
        ("gzip, deflate, br, zstd", True),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", True),
        ("*", True),
        ("gzip;q=0.5, identity;q=0.5", True),
        ("gzip ; Q=0.001", True),
        ("gzip;q=1, identity;q=0", True),
        ("", False),
        ("identity", False),
        ("br, zstd", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("*, gzip;q=0", False),
        ("identity;q=1, gzip;q=0.5", False),
        ("gzip;q=nonsense", False),
        ("gzip;q=nan", False),
        ("gzipped", False),
        (", ;,", False),
        ("br, " * 100 + "gzip", True),
    ],
)
def test_asks_what_the_client_takes(accept_encoding: str, takes: bool) -> None:
    assert accepts_gzip(Headers({"accept-encoding": accept_encoding})) is takes


def test_reads_several_headers_as_one() -> None:
    raw = [(b"accept-encoding", b"br"), (b"accept-encoding", b"gzip")]

    assert accepts_gzip(Headers(raw=raw))
    assert not accepts_gzip(Headers(raw=[]))


async def test_compresses_no_answer_of_a_mutation(eager_site: Site) -> None:
    text = 'mutation { signIn(email: "a", password: "b") { ... on SignInError { code } } }'
    response = await eager_site.query(text, headers=GZIP)

    assert response.json()["data"] == {"signIn": {"code": "INVALID_CREDENTIALS"}}
    assert "content-encoding" not in response.headers


async def test_compresses_no_answer_that_another_site_can_have_asked_for(eager_site: Site) -> None:
    cookie = {"cookie": "session=value", **GZIP}
    own_page = {**cookie, "origin": "https://facet.test"}
    url = {"query": "{hello}"}

    linked = await eager_site.client.get("/graphql", params=url, headers=cookie)
    by_token = await eager_site.client.get("/graphql", params=url, headers={**MEMBER, **GZIP})
    posted = await eager_site.query("{hello}", signed_in=False, headers=own_page)

    assert [r.json()["data"] for r in (linked, by_token, posted)] == [{"hello": "hello"}] * 3
    assert "content-encoding" not in linked.headers
    assert by_token.headers["content-encoding"] == posted.headers["content-encoding"] == "gzip"


@pytest.mark.parametrize("text", ["{hello", "{nope}", "{books(first: 1000) { nodes { title } }}"])
async def test_compresses_no_refusal(eager_site: Site, text: str) -> None:
    response = await eager_site.query(text, headers=GZIP)

    assert "data" not in response.json()
    assert "content-encoding" not in response.headers


async def test_compresses_the_schema(eager_site: Site) -> None:
    plain, sdl = await _exchange(eager_site, "GET", "/schema.graphql", headers={**MEMBER, **PLAIN})
    response, body = await _exchange(eager_site, "GET", "/schema.graphql", headers={**MEMBER, **GZIP})

    assert gzip.decompress(body) == sdl
    assert "content-encoding" not in plain.headers
    assert response.headers["content-length"] == str(len(body))
    assert response.headers["vary"] == plain.headers["vary"] == "Accept-Encoding, Authorization, Cookie"
    # Two representations of one schema: the strong tag is that of the plain one.
    assert response.headers["etag"] == f"W/{plain.headers['etag']}"
    for etag in (response.headers["etag"], plain.headers["etag"]):
        again = await eager_site.client.get(
            "/schema.graphql", headers={**MEMBER, **GZIP, "if-none-match": etag}
        )
        assert (again.status_code, again.content) == (304, b"")
        assert "content-encoding" not in again.headers
