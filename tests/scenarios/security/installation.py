"""The real application over HTTP, and real tokens for every kind of caller."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from modules.tenancy.models import Store
from modules.tenancy.testing import make_member, make_session, make_user
from server.app import Facet
from server.asgi import serve
from server.platforms.installed import KERNEL_PERMISSIONS
from server.platforms.registry import Registry
from server.settings import Settings
from server.testing import TestPlatform

REQUEST_ID = "security-scenario"
ADDRESS = "http://facet.test"
POINTS = 1_000_000_000


@dataclass
class Site:
    """One process of the application, and a client without cookies."""

    facet: Facet
    client: httpx.AsyncClient

    async def ask(
        self,
        text: str,
        variables: dict[str, Any] | None = None,
        *,
        token: str | None = None,
        at: str = "/graphql",
        headers: dict[str, str] | None = None,
        **named: str,
    ) -> httpx.Response:
        """The answer to an operation; `token` goes into the Authorization header, `named` are further headers."""
        sent = {
            "accept": "application/graphql-response+json",
            "x-request-id": REQUEST_ID,
            **(headers or {}),
            **named,
        }
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        # `json.dumps` can also say what is no valid Unicode, as a hostile client would.
        body = json.dumps({"query": text, "variables": variables or {}})
        return await self.client.post(at, content=body, headers={"content-type": "application/json", **sent})


@asynccontextmanager
async def open_site(facet: Facet) -> AsyncIterator[Site]:
    """`facet`, which has been started, over HTTP."""
    transport = httpx.ASGITransport(app=serve(facet).app)
    async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client:
        yield Site(facet, client)


@asynccontextmanager
async def open_site_without(facet: Facet, *codes: str) -> AsyncIterator[Site]:
    """Another process on the same servers with a generous budget, in which these modules were never installed."""
    left = [d for d in facet.registry.definitions if d.code not in codes]
    registry = Registry(left, kernel_permissions=KERNEL_PERMISSIONS)
    other = Facet(Settings(cost_capacity=POINTS, cost_per_second=POINTS), facet.servers, registry)
    await other.start()
    try:
        async with open_site(other) as site:
            yield site
    finally:
        await other.stop()


async def token_of(
    platform: TestPlatform,
    *,
    merchant_id: int | None = None,
    store: Store | None = None,
    is_operator: bool = False,
) -> str:
    """A session's token: of a merchant's member, a store's staff, an operator, else an administrator."""
    async with platform.context() as ctx:
        user = await make_user(ctx, is_operator=is_operator)
        if not is_operator:
            await make_member(ctx, user=user, merchant_id=merchant_id, store=store)
        return await make_session(ctx, user)


def codes_of(response: httpx.Response) -> list[str]:
    """The codes of the answer's errors."""
    return [error["extensions"]["code"] for error in response.json().get("errors", [])]
