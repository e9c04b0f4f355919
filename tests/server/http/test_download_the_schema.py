"""`/schema.graphql` gives each caller the schema they see."""

from __future__ import annotations

from graphql import build_schema

from tests.server.http.conftest import Site

MEMBER = {"authorization": "Bearer member"}


async def test_gives_the_view_and_nothing_hidden(site: Site) -> None:
    response = await site.client.get("/schema.graphql", headers=MEMBER)

    assert response.status_code == 200
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.headers["cache-control"] == "private, no-cache"
    assert "hello" in build_schema(response.text).query_type.fields  # type: ignore[union-attr]
    assert "vault" not in response.text.lower()


async def test_answers_304_while_it_is_unchanged(site: Site) -> None:
    etag = (await site.client.get("/schema.graphql", headers=MEMBER)).headers["etag"]

    for given in (etag, f"W/{etag}", f'"other", {etag}'):
        response = await site.client.get("/schema.graphql", headers={**MEMBER, "if-none-match": given})
        assert (response.status_code, response.content) == (304, b"")
    changed = await site.client.get("/schema.graphql", headers={**MEMBER, "if-none-match": '"other"'})
    assert changed.status_code == 200


async def test_refuses_without_a_caller(site: Site) -> None:
    response = await site.client.get("/schema.graphql")

    assert response.status_code == 401
    assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_refuses_a_cookie_from_another_site(site: Site) -> None:
    response = await site.client.get(
        "/schema.graphql", headers={"cookie": "session=value", "sec-fetch-site": "cross-site"}
    )

    assert response.status_code == 403
