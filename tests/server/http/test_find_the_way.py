"""Each address leads to what belongs there, also on the shorter way that GraphQL takes."""

from __future__ import annotations

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from server.http.front import Front


async def _graphql(scope: Scope, receive: Receive, send: Send) -> None:
    platform = Request(scope).path_params.get("platform", "-")
    await PlainTextResponse(f"graphql of {platform}")(scope, receive, send)


async def _page(request: Request) -> Response:
    return PlainTextResponse(f"page {request.path_params}")


class _Endpoint:
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _graphql(scope, receive, send)


def _fronts() -> list[Front]:
    """With the shorter way, and with routes alone."""
    endpoint = _Endpoint()
    routes = [
        Route("/graphql", endpoint),
        Route("/p/{platform}/graphql", endpoint),
        Route("/pages/{name}", _page, methods=["GET"]),
        Route("/m/{module}{path:path}", _page),
    ]
    front = Front(endpoint, routes=routes)
    plain = Front(endpoint, routes=routes)
    plain._graphql = plain.router
    return [front, plain]


async def _asked(front: Front, method: str, url: str, root_path: str = "") -> tuple[int, str, str | None]:
    transport = httpx.ASGITransport(app=front, root_path=root_path)
    async with httpx.AsyncClient(transport=transport, base_url="https://facet.test") as client:
        response = await client.request(method, url)
    return response.status_code, response.text, response.headers.get("location")


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("/graphql", "graphql of -"),
        ("/graphql?query=1", "graphql of -"),
        ("/p/oms/graphql", "graphql of oms"),
        ("/p/%C3%A9t%C3%A9/graphql", "graphql of été"),
        ("/p/p/graphql", "graphql of p"),
        ("/p/graphql/graphql", "graphql of graphql"),
    ],
)
async def test_leads_to_graphql_like_a_route(method: str, url: str, text: str) -> None:
    front, plain = _fronts()

    assert await _asked(front, method, url) == (200, text, None)
    assert await _asked(plain, method, url) == (200, text, None)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "url",
    [
        "/",
        "/graphql/",
        "/graphqls",
        "/GraphQL",
        "//graphql",
        "/p/graphql",
        "/p//graphql",
        "/p/a/b/graphql",
        "/p/a%2Fb/graphql",
        "/p/oms/graphql/",
        "/p/oms/graphqls",
        "/pages/graphql",
        "/m/x/graphql",
    ],
)
async def test_leads_everything_else_to_the_routes(method: str, url: str) -> None:
    front, plain = _fronts()

    answer = await _asked(front, method, url)

    assert answer == await _asked(plain, method, url)
    assert not answer[1].startswith("graphql")


async def test_finds_graphql_below_a_root_path() -> None:
    front, _ = _fronts()

    assert await _asked(front, "POST", "/api/graphql", "/api") == (200, "graphql of -", None)
    assert await _asked(front, "POST", "/api/p/oms/graphql", "/api") == (200, "graphql of oms", None)
    assert (await _asked(front, "POST", "/p/oms/graphql", "/p/oms"))[1] == "graphql of -"
