"""Load balancers and Prometheus learn how the process is doing, in words that tell no secrets."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.applications import Starlette

from server.composition import ViewCache
from server.contracts.health import HealthStatus
from server.http.probes import Check, Probes
from server.telemetry.prometheus import Meters
from tests.server.http.conftest import Site, open_site


async def _well() -> None:
    return None


async def _limping() -> HealthStatus:
    return HealthStatus.DEGRADED


async def _unwell() -> HealthStatus:
    return HealthStatus.UNHEALTHY


async def _raises() -> None:
    raise ConnectionError("postgresql://user:secret@host")


async def _hangs() -> None:
    await asyncio.Event().wait()


async def _ready(*checks: Check, drain: bool = False) -> httpx.Response:
    probes = Probes(checks, Meters(), timeout=0.05)
    if drain:
        probes.drain()
    transport = httpx.ASGITransport(app=Starlette(routes=list(probes.routes())))
    async with httpx.AsyncClient(transport=transport, base_url="http://facet.test") as client:
        return await client.get("/readyz")


async def test_is_alive_whatever_else_is_down(views: ViewCache) -> None:
    async with open_site(views, checks=(Check("database", _raises, required=True),)) as site:
        response = await site.client.get("/healthz")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("database", "redis", "status", "overall"),
    [
        (_well, _well, 200, "ok"),
        (_well, _limping, 200, "degraded"),
        (_well, _unwell, 200, "degraded"),
        (_well, _raises, 200, "degraded"),
        (_well, _hangs, 200, "degraded"),
        (_limping, _well, 200, "degraded"),
        (_raises, _well, 503, "down"),
        (_hangs, _well, 503, "down"),
    ],
)
async def test_is_ready_while_what_it_needs_answers(
    database: object, redis: object, status: int, overall: str
) -> None:
    response = await _ready(
        Check("database", database, required=True),  # type: ignore[arg-type]
        Check("redis", redis),  # type: ignore[arg-type]
    )

    assert response.status_code == status
    assert response.json()["status"] == overall
    assert set(response.json()["checks"]) == {"database", "redis"}
    assert set(response.json()["checks"].values()) <= {"ok", "degraded", "down"}
    assert "secret" not in response.text


async def test_sends_new_requests_elsewhere_before_it_stops() -> None:
    response = await _ready(Check("database", _well, required=True), drain=True)

    assert response.status_code == 503
    assert response.json() == {"status": "draining", "checks": {"database": "ok"}}


async def test_counts_operations_by_type_and_outcome(site: Site) -> None:
    site.meters.watch("facet_views", "Views in use.", lambda: 3.0)
    await site.query("{hello}")
    await site.query("{missing}")
    await site.query("{nothing}")
    await site.query("mutation { putBack }")
    await site.query("{hello}", signed_in=False)
    await site.client.request("BREW", "/graphql")

    text = (await site.client.get("/metrics")).text

    for line in (
        'facet_graphql_operations_total{outcome="ok",type="query"} 1.0',
        'facet_graphql_operations_total{outcome="errors",type="query"} 1.0',
        'facet_graphql_operations_total{outcome="refused",type="query"} 2.0',
        'facet_graphql_operations_total{outcome="errors",type="mutation"} 1.0',
        'facet_graphql_refused_total{reason="GRAPHQL_VALIDATION_FAILED"} 1.0',
        'facet_graphql_refused_total{reason="UNAUTHENTICATED"} 1.0',
        'facet_graphql_refused_total{reason="METHOD_NOT_ALLOWED"} 1.0',
        'facet_graphql_operation_seconds_count{type="query"} 4.0',
        'facet_http_requests_total{method="other",status="405"} 1.0',
        "facet_views 3.0",
    ):
        assert line in text.splitlines()


async def test_names_no_platform_caller_or_operation_in_the_numbers(site: Site) -> None:
    await site.query("query VeryTelling { hello }", headers={"x-request-id": "request-0001"})

    text = (await site.client.get("/metrics")).text

    assert not [word for word in ("VeryTelling", "oms", "request-0001", "session") if word in text]
