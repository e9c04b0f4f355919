"""Sign in from a browser and from a program."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from modules.tenancy.testing import PASSWORD, make_api_key, make_member, make_user
from server.asgi import serve
from server.auth.models import UserAccount
from server.testing import TestPlatform

SIGN_IN = """
mutation ($email: String!, $password: String!) {
  signIn(email: $email, password: $password) { ... on SignInPayload { token viewer { platform { code } } } }
}
"""
WHO = {"query": "{ viewer { user { email } platform { code } } }"}


@pytest.fixture
async def client(platform: TestPlatform) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=serve(platform.facet).app)
    headers = {"accept": "application/graphql-response+json", "origin": "http://facet.test"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://facet.test", headers=headers
    ) as client:
        yield client


@pytest.fixture
async def user(platform: TestPlatform) -> UserAccount:
    async with platform.context() as ctx:
        user = await make_user(ctx, password=PASSWORD)
        await make_member(ctx, user=user)
    return user


async def sign_in(client: httpx.AsyncClient, user: UserAccount, path: str = "/graphql") -> dict[str, Any]:
    variables = {"email": user.email, "password": PASSWORD}
    response = await client.post(path, json={"query": SIGN_IN, "variables": variables})
    answer: dict[str, Any] = response.json()["data"]["signIn"]
    return answer


async def test_sets_a_cookie_that_scripts_cannot_read(
    client: httpx.AsyncClient, platform: TestPlatform, user: UserAccount
) -> None:
    variables = {"email": user.email, "password": PASSWORD}

    response = await client.post("/graphql", json={"query": SIGN_IN, "variables": variables})

    cookie = response.headers["set-cookie"]
    token = response.json()["data"]["signIn"]["token"]
    assert cookie.startswith(f"facet_session={token};")
    assert "httponly" in cookie.lower()
    assert "samesite=lax" in cookie.lower()
    who = await client.post("/graphql", json=WHO)
    assert who.json()["data"]["viewer"] == {
        "user": {"email": user.email},
        "platform": {"code": platform.code},
    }


async def test_clears_the_cookie_when_signing_out(client: httpx.AsyncClient, user: UserAccount) -> None:
    await sign_in(client, user)
    sign_out = {"query": "mutation { signOut { ... on SignOutPayload { signedOut } } }"}

    out = await client.post("/graphql", json=sign_out)
    who = await client.post("/graphql", json=WHO)

    assert out.json()["data"] == {"signOut": {"signedOut": True}}
    assert "facet_session" not in client.cookies
    assert who.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_takes_a_session_or_a_key_as_bearer_token(
    client: httpx.AsyncClient, platform: TestPlatform, user: UserAccount
) -> None:
    session = (await sign_in(client, user))["token"]
    client.cookies.clear()
    async with platform.context() as ctx:
        _, key = await make_api_key(ctx, user, "tenancy.view")

    for token in (session, key):
        headers = {"authorization": f"Bearer {token}"}
        who = await client.post("/graphql", json=WHO, headers=headers)
        assert who.json()["data"]["viewer"]["platform"] == {"code": platform.code}


async def test_refuses_a_token_at_another_platforms_address(
    client: httpx.AsyncClient, platform: TestPlatform, other_platform: TestPlatform, user: UserAccount
) -> None:
    token = (await sign_in(client, user, f"/p/{platform.code}/graphql"))["token"]
    there = f"/p/{other_platform.code}/graphql"

    by_cookie = await client.post(there, json=WHO)
    client.cookies.clear()
    by_header = await client.post(there, json=WHO, headers={"authorization": f"Bearer {token}"})
    unknown = await client.post("/graphql", json=WHO, headers={"authorization": "Bearer nonsense"})

    assert by_cookie.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert by_header.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert unknown.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert "data" not in by_header.json()
