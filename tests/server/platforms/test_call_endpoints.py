"""Calling the HTTP endpoints of modules."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.requests import Request

from server.app import Facet
from server.asgi import serve
from server.auth.audience import Audience
from server.auth.caller import ANONYMOUS, Caller
from server.context import Context
from server.contracts.endpoints import Call, Endpoint, Reply
from server.db.audit import AuditEntry
from server.graphql.fields import Access
from server.http.budget import Budget
from server.http.endpoints import ModuleEndpoints
from server.http.limits import Limits
from server.http.operation import Operations, Visit
from server.platforms.toggling import disable_module
from server.testing import TestPlatform

TEA = "/m/inventory/stock/tea"


@asynccontextmanager
async def client_of(
    platform: TestPlatform,
    caller: Caller,
    *more: Endpoint,
    internal: frozenset[str] = frozenset(),
    operations: Operations | None = None,
) -> AsyncIterator[httpx.AsyncClient]:
    """Requests of `caller` on the platform."""
    facet = platform.facet

    @asynccontextmanager
    async def identify(_request: Request) -> AsyncIterator[Visit]:
        ctx = await facet.reading_context(caller, platform.record, "-")
        try:
            yield Visit(ctx, facet.views.get(ctx.modules, caller.audience or Audience.MERCHANT))
        finally:
            await ctx.session.close()

    declared = {code: (*d.endpoints, *more) for code, d in facet.registry.modules.items()}
    endpoints = ModuleEndpoints(declared, identify, operations or facet.operations, internal=internal)
    transport = httpx.ASGITransport(app=Starlette(routes=endpoints.routes()), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://facet.test") as client:
        yield client


async def entries(platform: TestPlatform) -> list[tuple[str, str]]:
    async with platform.context() as ctx:
        found = await ctx.session.execute(
            select(AuditEntry).where(AuditEntry.platform_id == platform.id).order_by(AuditEntry.id)
        )
        return [(row.action, row.subject) for row in found.scalars() if row.action != "module.switched"]


async def test_answers_with_the_context_of_the_platform(full_shop: TestPlatform) -> None:
    async with client_of(full_shop, full_shop.admin) as client:
        answer = await client.get(f"{TEA}?colour=green")
        again = await client.get(f"/p/{full_shop.code}{TEA}")

    assert (answer.status_code, answer.text) == (200, f"tea on {full_shop.code}, green")
    assert answer.headers["content-disposition"] == "attachment"
    assert answer.headers["cache-control"] == "no-store"
    assert again.text == f"tea on {full_shop.code}, plain"


async def test_answers_for_a_module_that_is_off_as_for_none(full_shop: TestPlatform) -> None:
    """And writes down who tried; what is no endpoint is no attempt."""
    async with full_shop.context() as ctx:
        await disable_module(ctx, "inventory")

    async with client_of(full_shop, full_shop.admin) as client:
        off = [await client.get(TEA), await client.post("/m/inventory/hooks"), await client.put(TEA)]
        never = [await client.get("/m/invention/stock/tea"), await client.get("/m/inventory/nothing")]

    assert {(a.status_code, a.content) for a in (*off, *never)} == {(404, never[0].content)}
    assert never[0].json()["errors"][0]["extensions"] == {"code": "NOT_FOUND"}
    assert await entries(full_shop) == [
        ("endpoint.refused", "GET /m/inventory/stock/{name}"),
        ("endpoint.refused", "POST /m/inventory/hooks"),
        ("endpoint.refused", "PUT /m/inventory/stock/{name}"),
    ]


async def test_lets_no_stranger_fill_the_audit_log(full_shop: TestPlatform) -> None:
    async with full_shop.context() as ctx:
        await disable_module(ctx, "inventory")

    async with client_of(full_shop, ANONYMOUS) as client:
        answer = await client.post("/m/inventory/hooks")

    assert answer.status_code == 404
    assert await entries(full_shop) == []


async def test_asks_for_the_permission(full_shop: TestPlatform) -> None:
    allowed = full_shop.admin
    without = replace(allowed, permissions=allowed.permissions - {"inventory.view"})

    async with client_of(full_shop, without) as client:
        refused = await client.get(TEA)
    async with client_of(full_shop, ANONYMOUS) as client:
        stranger = await client.get(TEA)

    assert (refused.status_code, refused.json()["errors"][0]["extensions"]["code"]) == (403, "FORBIDDEN")
    assert stranger.status_code == 401


async def test_hides_an_internal_module_from_all_but_administrators(full_shop: TestPlatform) -> None:
    internal = frozenset({"inventory"})

    async with client_of(full_shop, full_shop.store_staff(1), internal=internal) as client:
        staff = await client.get(TEA)
    async with client_of(full_shop, full_shop.admin, internal=internal) as client:
        admin = await client.get(TEA)

    assert (staff.status_code, admin.status_code) == (404, 200)


async def test_stores_all_or_nothing(full_shop: TestPlatform) -> None:
    async with client_of(full_shop, ANONYMOUS) as client:
        answers = [await client.post("/m/inventory/hooks", content=body) for body in (b"no", b"yes", b"bug")]

    assert [answer.status_code for answer in answers] == [400, 204, 500]
    assert await entries(full_shop) == [("inventory.received", "yes")]


async def test_reads_only_by_get(full_shop: TestPlatform) -> None:
    async def write(ctx: Context, _call: Call) -> Reply:
        ctx.audit("inventory.written")
        await ctx.session.flush()
        return Reply()

    writes = Endpoint(path="/write", answer=write, access=Access(public=True))
    async with client_of(full_shop, full_shop.admin, writes) as client:
        answer = await client.get("/m/inventory/write")

    assert answer.status_code == 500
    assert await entries(full_shop) == []


async def test_names_the_methods_of_an_address(full_shop: TestPlatform) -> None:
    async with client_of(full_shop, full_shop.admin) as client:
        answer = await client.delete(TEA)

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


async def test_refuses_a_long_body_and_a_page_of_another_site(full_shop: TestPlatform) -> None:
    async with client_of(full_shop, full_shop.admin) as client:
        long = await client.post("/m/inventory/hooks", content=b"x" * (Limits().body_bytes + 1))
    async with client_of(full_shop, replace(full_shop.admin, by_cookie=True)) as client:
        foreign = await client.get(TEA, headers={"origin": "http://elsewhere.test"})
        own = await client.get(TEA, headers={"origin": "http://facet.test"})

    assert (long.status_code, foreign.status_code, own.status_code) == (413, 403, 200)


async def test_is_paid_for_and_stopped_in_time(full_shop: TestPlatform) -> None:
    async def hang(_ctx: Context, _call: Call) -> Reply:
        await asyncio.Event().wait()
        return Reply()

    facet = full_shop.facet
    budget = Budget(facet.redis, capacity=60, per_second=1, meters=facet.meters)
    operations = Operations(Limits(), budget, facet.meters, seconds=0.01)
    hangs = Endpoint(path="/hang", answer=hang, access=Access(public=True), cost=50)
    caller = replace(full_shop.admin, user_id=-full_shop.id)
    async with client_of(full_shop, caller, hangs, operations=operations) as client:
        answers = [await client.get("/m/inventory/hang") for _ in range(2)]

    codes = [answer.json()["errors"][0]["extensions"]["code"] for answer in answers]
    assert codes == ["TIMEOUT", "RATE_LIMITED"]
    assert answers[1].status_code == 429


async def test_is_served_beside_graphql(sample: Facet, shop: TestPlatform, full_shop: TestPlatform) -> None:
    transport = httpx.ASGITransport(app=serve(sample).app)
    async with httpx.AsyncClient(transport=transport, base_url="http://facet.test") as client:
        on = await client.post(f"/p/{full_shop.code}/m/inventory/hooks", content=b"yes")
        off = await client.post(f"/p/{shop.code}/m/inventory/hooks", content=b"yes")
        nowhere = await client.post("/m/inventory/hooks", content=b"yes")

    assert (on.status_code, off.status_code, nowhere.status_code) == (204, 404, 404)
    assert await entries(full_shop) == [("inventory.received", "yes")]
