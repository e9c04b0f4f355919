"""Every response is marked and fenced, and no exception leaves the application."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from server.http.csrf import is_own_origin
from server.http.guard import SECURITY_HEADERS, Guard
from server.telemetry.prometheus import Meters
from tests.server.http.conftest import Site


async def _fail(_request: Request) -> Response:
    raise RuntimeError("secret-in-exception")


async def _own_policy(_request: Request) -> Response:
    return PlainTextResponse("ok", headers={"Content-Security-Policy": "default-src 'none'"})


async def _half_an_answer(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise RuntimeError("secret-in-exception")


def _client(**options: Any) -> httpx.AsyncClient:
    routes = [Route("/fail", _fail), Route("/policy", _own_policy)]
    app = Starlette(routes=routes, middleware=[Middleware(Guard, meters=Meters(), **options)])
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="https://facet.test")


@pytest.mark.parametrize("path", ["/graphql", "/healthz", "/metrics", "/schema.graphql", "/no-such-page"])
async def test_carries_security_headers_everywhere(site: Site, path: str) -> None:
    response = await site.client.get(path)

    for name, value in SECURITY_HEADERS.items():
        assert response.headers[name] == value
    assert not [name for name in response.headers if name.startswith("access-control-")]


async def test_keeps_a_sane_request_id(site: Site) -> None:
    response = await site.query("{hello}", headers={"x-request-id": "Trace.0123_abc-9"})

    assert response.headers["x-request-id"] == "Trace.0123_abc-9"
    assert site.visits[0].context.request_id == "Trace.0123_abc-9"


@pytest.mark.parametrize(
    "given", ["", "short", "a" * 65, "has space", "new\tline", "<script>alert</script>", "-" * 9]
)
async def test_replaces_any_other_request_id(site: Site, given: str) -> None:
    response = await site.query("{hello}", headers={"x-request-id": given})

    assert len(response.headers["x-request-id"]) == 32
    assert response.headers["x-request-id"].isalnum()


async def test_masks_what_the_application_raises() -> None:
    async with _client() as client:
        response = await client.get("/fail", headers={"x-request-id": "request-0001"})

    assert response.status_code == 500
    assert response.json() == {
        "errors": [
            {
                "message": "Internal error. Quote request id request-0001.",
                "extensions": {"code": "INTERNAL_ERROR"},
            }
        ]
    }
    assert response.headers["x-request-id"] == "request-0001"


async def test_does_not_begin_a_second_answer() -> None:
    app = Guard(_half_an_answer, meters=Meters())
    transport = httpx.ASGITransport(app=app)

    async with httpx.AsyncClient(transport=transport, base_url="https://facet.test") as client:
        with pytest.raises(RuntimeError):
            await client.get("/")


async def test_lets_a_response_bring_its_own_policy() -> None:
    async with _client() as client:
        response = await client.get("/policy")

    assert response.headers.get_list("content-security-policy") == ["default-src 'none'"]


async def test_insists_on_https_where_told() -> None:
    async with _client(https_only=True) as client:
        response = await client.get("/policy")

    assert response.headers["strict-transport-security"] == "max-age=31536000"


COOKIE = {"cookie": "session=value"}
OWN = "https://facet.test"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": OWN}, 200),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "same-origin", "origin": OWN}, 200),
        ({}, 403),
        ({"origin": "https://evil.test"}, 403),
        ({"origin": "https://facet.test.evil.test"}, 403),
        ({"origin": "https://facet.test:8443"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "file://"}, 403),
        ({"origin": "https://[bad"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site", "origin": OWN}, 403),
        ({"sec-fetch-site": "same-origin", "origin": "https://evil.test"}, 403),
    ],
)
async def test_accepts_a_session_cookie_from_our_own_pages_only(
    site: Site, headers: dict[str, str], status: int
) -> None:
    response = await site.query("mutation { putBack }", signed_in=False, headers={**COOKIE, **headers})

    assert response.status_code == status
    if status == 403:
        assert "data" not in response.json()
        assert response.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_needs_no_origin_with_a_bearer_token(site: Site) -> None:
    response = await site.query("{hello}", headers={"origin": "https://elsewhere.test"})

    assert response.json()["data"] == {"hello": "hello"}


@pytest.mark.parametrize(("site_header", "status"), [(None, 200), ("none", 200), ("cross-site", 403)])
async def test_reads_with_a_cookie_by_get(site: Site, site_header: str | None, status: int) -> None:
    headers = {**COOKIE, **({"sec-fetch-site": site_header} if site_header else {})}

    response = await site.client.get("/graphql", params={"query": "{hello}"}, headers=headers)

    assert response.status_code == status


@pytest.mark.parametrize(
    ("origin", "is_own"), [(None, True), (OWN, True), ("https://evil.test", False), ("null", False)]
)
def test_knows_its_own_origin(origin: str | None, is_own: bool) -> None:
    headers = [(b"host", b"facet.test"), *([(b"origin", origin.encode())] if origin else [])]

    assert is_own_origin(Request({"type": "http", "headers": headers})) is is_own
