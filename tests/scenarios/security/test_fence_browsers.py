"""Cookies, foreign pages and methods, on the real application."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from modules.tenancy.testing import PASSWORD, make_member, make_user
from server.app import Facet
from server.auth.models import UserAccount
from server.settings import Settings
from server.testing import TestPlatform
from tests.scenarios.security.installation import ADDRESS, Site, codes_of, open_site, token_of
from tests.server.http.test_speak_graphql_over_http import AUDITS, Audit, assert_passes

SIGN_IN = """mutation ($email: String!, $password: String!) {
  signIn(email: $email, password: $password) { __typename ... on SignInPayload { token } } }"""
VIEWER = "{ viewer { user { email } } }"
RENAME = 'mutation { updatePlatform(name: "Renamed by a foreign page") { __typename } }'


@pytest_asyncio.fixture(loop_scope="session")
async def production(facet: Facet) -> AsyncIterator[Site]:
    """The application as it is set up behind TLS."""
    other = Facet(Settings(environment="production"), facet.servers, facet.registry)
    await other.start()
    async with open_site(other) as site:
        yield site
    await other.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def user(platform: TestPlatform) -> UserAccount:
    async with platform.context() as ctx:
        user = await make_user(ctx, password=PASSWORD)
        await make_member(ctx, user=user)
    return user


async def sign_in(site: Site, user: UserAccount, headers: dict[str, str] | None = None) -> httpx.Response:
    return await site.ask(SIGN_IN, {"email": user.email, "password": PASSWORD}, headers=headers)


async def test_marks_cookies_secure_in_production(production: Site, user: UserAccount) -> None:
    cookie = (await sign_in(production, user)).headers["set-cookie"].lower()

    assert {"httponly", "secure", "samesite=lax", "path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "domain" not in cookie


async def test_begins_a_new_session_at_each_sign_in_and_ends_the_one_that_asked(
    site: Site, user: UserAccount
) -> None:
    first = (await sign_in(site, user)).json()["data"]["signIn"]["token"]
    site.client.cookies.clear()
    again = await site.ask(SIGN_IN, {"email": user.email, "password": PASSWORD}, token=first)
    second = again.json()["data"]["signIn"]["token"]
    site.client.cookies.clear()

    old = await site.ask(VIEWER, token=first)
    new = await site.ask(VIEWER, token=second)

    assert first != second
    assert codes_of(old) == ["UNAUTHENTICATED"]
    assert new.json()["data"]["viewer"]["user"] == {"email": user.email}


async def test_ignores_a_session_that_somebody_planted(site: Site, user: UserAccount) -> None:
    planted = "fs_" + "a" * 43

    answer = await sign_in(site, user, {"cookie": f"facet_session={planted}", "origin": ADDRESS})
    site.client.cookies.clear()
    by_planted = await site.ask(VIEWER, token=planted)

    assert answer.json()["data"]["signIn"]["token"] != planted
    assert codes_of(by_planted) == ["UNAUTHENTICATED"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://evil.test"},
        {"origin": "null"},
        {"origin": ADDRESS, "sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": ADDRESS + ".evil.test"},
    ],
)
async def test_changes_nothing_for_a_foreign_page(
    site: Site, platform: TestPlatform, headers: dict[str, str]
) -> None:
    cookie = f"facet_session={await token_of(platform)}"

    refused = await site.ask(RENAME, cookie=cookie, headers=headers)
    accepted = await site.ask("{ platform { name } }", cookie=cookie, origin=ADDRESS)

    assert refused.status_code == 403
    assert codes_of(refused) == ["FORBIDDEN"]
    assert accepted.json()["data"]["platform"] == {"name": platform.record.name}


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/plain", b'{"query": "mutation { signOut { __typename } }"}'),
        ("application/x-www-form-urlencoded", b"query=mutation%20%7B%20signOut%20%7B%20__typename%20%7D%20%7D"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=query\r\n\r\n{a}\r\n--x--"),
        ("", b'{"query": "{ __typename }"}'),
    ],
)  # fmt: skip
async def test_refuses_what_a_form_can_send(
    site: Site, platform: TestPlatform, content_type: str, body: bytes
) -> None:
    token = await token_of(platform)
    headers = {"cookie": f"facet_session={token}", "origin": ADDRESS, "content-type": content_type}

    refused = await site.client.post("/graphql", content=body, headers=headers)
    still = await site.ask(VIEWER, token=token)

    assert refused.status_code == 415
    assert "errors" not in still.json()


async def test_refuses_mutations_by_get(site: Site, platform: TestPlatform) -> None:
    headers = {"authorization": f"Bearer {await token_of(platform)}"}

    refused = await site.client.get("/graphql", params={"query": RENAME}, headers=headers)
    name = await site.client.get("/graphql", params={"query": "{ platform { name } }"}, headers=headers)

    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    assert name.json()["data"]["platform"] == {"name": platform.record.name}


@pytest.mark.parametrize("path", ["/graphql", "/schema.graphql", "/healthz", "/readyz", "/"])
@pytest.mark.parametrize("origin", ["https://evil.test", "null", ADDRESS])
async def test_never_lets_another_origin_read(site: Site, path: str, origin: str) -> None:
    preflight = await site.client.options(
        path, headers={"origin": origin, "access-control-request-method": "POST"}
    )
    read = await site.client.get(path, headers={"origin": origin})

    for response in (preflight, read):
        assert not [name for name in response.headers if name.startswith("access-control-")]
        assert origin not in response.text
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]


@pytest.mark.parametrize("audit", AUDITS, ids=lambda audit: audit.id)
async def test_passes_the_audit_of_graphql_over_http(
    site: Site, platform: TestPlatform, audit: Audit
) -> None:
    await assert_passes(site.client, audit, await token_of(platform))
