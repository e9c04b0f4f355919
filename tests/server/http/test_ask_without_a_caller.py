"""Without credentials only what is public can be asked, and nothing of the schema is told."""

from __future__ import annotations

import pytest

from tests.server.http.conftest import Site

NOT_SIGNED_IN = {
    "errors": [
        {
            "message": "Sign in first: send a session token or API key as a bearer token.",
            "extensions": {"code": "UNAUTHENTICATED"},
        }
    ]
}
SIGN_IN = 'mutation { signIn(email: "a", password: "b") { ... on SignInError { code } } }'


async def test_can_sign_in(site: Site) -> None:
    response = await site.query(SIGN_IN, signed_in=False)

    assert response.status_code == 200
    assert response.json()["data"] == {"signIn": {"code": "INVALID_CREDENTIALS"}}


@pytest.mark.parametrize(
    "text",
    [
        "{ hello }",
        "{ helo }",
        "{ vaultSecret }",
        "{ __schema { types { name } } }",
        '{ __type(name: "Book") { name } }',
        "{ __typename hello }",
        "mutation { putBack }",
        "mutation { nothing }",
        SIGN_IN[:-1] + "putBack }",
        "{ ... { hello } }",
        "{ ...F } fragment F on Query { ...G } fragment G on Query { hello }",
        "query A { __typename } query B { hello }",
        "{ hello(bogus: 1) { nested { deeply } } }",
        "{ book { " + "title " * 600 + "} }",
    ],
)
@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
async def test_gets_the_same_answer_for_everything_else(site: Site, text: str, accept: str) -> None:
    name = "A" if text.startswith("query A") else None

    response = await site.post(
        {"query": text, "operationName": name}, signed_in=False, headers={"accept": accept}
    )

    assert response.status_code == 401
    assert response.json() == NOT_SIGNED_IN
    assert response.headers["www-authenticate"] == 'Bearer realm="facet"'


@pytest.mark.parametrize(
    "selection",
    ["... on SignInError { cod }", "... on SignInPayload { tokn }", "nope", "... on Vault { secret }"],
)
async def test_learns_nothing_from_an_invalid_operation(site: Site, selection: str) -> None:
    text = f'mutation {{ signIn(email: "a", password: "b") {{ {selection} }} }}'

    response = await site.query(text, signed_in=False)

    assert response.status_code == 400
    assert response.json() == {
        "errors": [
            {
                "message": "The operation is not valid. Sign in to be told what is wrong with it.",
                "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"},
            }
        ]
    }


async def test_learns_nothing_that_a_member_put_into_the_cache(site: Site) -> None:
    await site.query("{ hello }")
    await site.query("{ helo }")

    valid = await site.query("{ hello }", signed_in=False)
    invalid = await site.query("{ helo }", signed_in=False)

    assert valid.json() == invalid.json() == NOT_SIGNED_IN


async def test_is_told_about_variables_it_forgot(site: Site) -> None:
    text = "mutation($e: String!) { signIn(email: $e, password: $e) { ... on SignInError { code } } }"

    response = await site.query(text, {}, signed_in=False)

    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert "data" not in response.json()


async def test_is_refused_with_a_token_nobody_knows(site: Site) -> None:
    response = await site.query("{ hello }", signed_in=False, headers={"authorization": "Bearer stale"})

    assert response.status_code == 401
    assert response.json()["errors"][0] == {
        "message": "This token is not known. Sign in again.",
        "extensions": {"code": "UNAUTHENTICATED"},
    }


async def test_may_ask_for_the_name_of_the_root(site: Site) -> None:
    response = await site.query("{ __typename }", signed_in=False)

    assert response.json()["data"] == {"__typename": "Query"}
