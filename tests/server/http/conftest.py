"""The endpoint over a small schema, with callers chosen by header instead of by credentials."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.routing import Route

from server.auth.caller import ANONYMOUS, Caller, CallerKind
from server.composition import SchemaView, ViewCache
from server.context import Context, PlatformRecord
from server.embedded import start_valkey
from server.errors import Unauthenticated
from server.http.budget import Budget
from server.http.compress import COMPRESSED_FROM
from server.http.front import Front
from server.http.graphql import CookieRules, GraphQLEndpoint
from server.http.guard import Guard
from server.http.limits import Limits
from server.http.operation import Operations, Visit
from server.http.probes import Check, Probes
from server.http.schema_file import SchemaFile
from server.redis import connect
from server.telemetry.prometheus import Meters
from tests.server.http.library import compose

MEMBER = Caller(kind=CallerKind.SESSION, user_id=7, platform_id=1)
PLATFORM = PlatformRecord(id=1, code="oms", name="OMS", timezone="UTC", currency="EUR")


@dataclass
class Site:
    """One installation: its application and a client, and what a test may turn."""

    client: httpx.AsyncClient
    view: SchemaView
    meters: Meters
    budget: Budget
    app: Starlette
    visits: list[Visit] = field(default_factory=list)

    async def post(self, content: Any = None, *, signed_in: bool = True, **request: Any) -> httpx.Response:
        """POST `content` as JSON; `Accept` is the modern media type unless given."""
        headers = {"accept": "application/graphql-response+json", **request.pop("headers", {})}
        if signed_in:
            headers["authorization"] = "Bearer member"
        return await self.client.post("/graphql", json=content, headers=headers, **request)

    async def query(
        self, text: str, variables: dict[str, Any] | None = None, **request: Any
    ) -> httpx.Response:
        return await self.post({"query": text, "variables": variables}, **request)


@pytest.fixture(scope="session")
def views() -> ViewCache:
    return compose()


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    server = start_valkey(Path(".facet/test"))
    yield server.url
    server.stop()


@asynccontextmanager
async def open_site(
    views: ViewCache,
    *,
    budget: Budget | None = None,
    limits: Limits | None = None,
    checks: tuple[Check, ...] = (),
    compress_from: int = COMPRESSED_FROM,
) -> AsyncIterator[Site]:
    meters = Meters()
    budget = budget or Budget(None, capacity=10_000_000)
    view = views.get(frozenset())
    visits: list[Visit] = []

    @asynccontextmanager
    async def identify(request: Request) -> AsyncIterator[Visit]:
        caller = ANONYMOUS
        given = request.headers.get("authorization", "")
        if given == "Bearer member":
            caller = MEMBER
        elif given:
            raise Unauthenticated("This token is not known. Sign in again.")
        elif request.cookies.get("session"):
            caller = Caller(kind=CallerKind.SESSION, user_id=7, platform_id=1, by_cookie=True)
        context = Context(
            caller=caller,
            session=cast(Any, None),
            platform=PLATFORM,
            request_id=request.state.request_id,
        )
        visit = Visit(context, view, address=request.client.host if request.client else "-")
        visits.append(visit)
        yield visit

    operations = Operations(limits or Limits(), budget, meters)
    endpoint = GraphQLEndpoint(
        identify, operations, meters, cookies=CookieRules(secure=True), compress_from=compress_from
    )
    probes = Probes(checks, meters)
    routes = [
        Route("/graphql", endpoint),
        Route("/schema.graphql", SchemaFile(identify, compress_from=compress_from).respond),
        *probes.routes(),
    ]
    app = Front(Guard(endpoint, meters=meters), routes=routes, middleware=[Middleware(Guard, meters=meters)])
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="https://facet.test") as client:
        yield Site(client, view, meters, budget, app, visits)


@pytest.fixture
async def site(views: ViewCache) -> AsyncIterator[Site]:
    async with open_site(views) as opened:
        yield opened


@pytest.fixture
async def shared_budget(redis_url: str) -> AsyncIterator[Budget]:
    """A budget of 1,000 points in Valkey that gets 1 back each second."""
    client = connect(redis_url, timeout=2.0)
    budget = Budget(client, capacity=1_000, per_second=1, prefix=f"test:{uuid4().hex}:")
    yield budget
    await budget.stop()
    await client.aclose()
