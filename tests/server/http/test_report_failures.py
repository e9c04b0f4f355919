"""Expected failures keep their words, unexpected ones are masked."""

from __future__ import annotations

import json

import pytest
from graphql import ExecutionResult, GraphQLError
from strawberry.relay import GlobalIDValueError

from server.http.answers import Answer, answer_result
from server.http.negotiate import MediaType
from tests.server.http.conftest import Site

REQUEST_ID = {"x-request-id": "request-0001"}
MASKED = {
    "message": "Internal error. Quote request id request-0001.",
    "extensions": {"code": "INTERNAL_ERROR"},
}


async def test_reports_an_expected_failure_with_its_code_and_place(site: Site) -> None:
    response = await site.query("{ missing hello }")

    assert response.status_code == 200
    assert response.json()["data"] == {"missing": None, "hello": "hello"}
    assert response.json()["errors"] == [
        {
            "message": "There is no such book.",
            "locations": [{"line": 1, "column": 3}],
            "path": ["missing"],
            "extensions": {"code": "NOT_FOUND", "isbn": "1"},
        }
    ]


async def test_masks_an_unexpected_failure(site: Site) -> None:
    response = await site.query("{ broken hello }", headers=REQUEST_ID)

    assert response.status_code == 200
    assert response.json()["data"] == {"broken": None, "hello": "hello"}
    assert response.json()["errors"] == [
        {**MASKED, "locations": [{"line": 1, "column": 3}], "path": ["broken"]}
    ]
    assert "secret" not in response.text


async def test_answers_null_data_when_the_failure_reaches_the_root(site: Site) -> None:
    response = await site.query("{ brokenForGood }", headers=REQUEST_ID)

    assert response.status_code == 200
    assert response.json()["data"] is None
    assert response.json()["errors"][0]["extensions"] == {"code": "INTERNAL_ERROR"}


async def test_reports_the_failure_of_a_mutation(site: Site) -> None:
    response = await site.query("mutation { putBack }")

    assert response.json()["errors"][0]["extensions"] == {"code": "LIBRARY_SHELF_FULL", "books": 3}


async def test_suggests_visible_names_only(site: Site) -> None:
    near_visible = await site.query("{ helo }")
    near_hidden = await site.query("{ vaultSecre }")
    hidden = await site.query("{ vaultSecret }")
    invented = await site.query("{ vaultTeapot }")

    assert "Did you mean 'hello'" in near_visible.text
    assert "Did you mean" not in near_hidden.text
    assert hidden.text.replace("vaultSecret", "x") == invented.text.replace("vaultTeapot", "x")


async def test_refuses_subscriptions_over_plain_http(site: Site) -> None:
    response = await site.query("subscription { ticks }")

    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (GraphQLError("Enum 'Cat' cannot represent value: <Cat.VAULT>", path=["cat"]), "INTERNAL_ERROR"),
        (GraphQLError("boom", path=["a"], original_error=KeyError("secret")), "INTERNAL_ERROR"),
        (GraphQLError("x", path=["a"], original_error=GlobalIDValueError("secret")), "BAD_USER_INPUT"),
        (GraphQLError("Argument 'n' has an invalid value", path=["a"]), "BAD_USER_INPUT"),
        (GraphQLError("mine", path=["a"], extensions={"code": "MINE"}), "MINE"),
        (GraphQLError("Variable '$a' got an invalid value"), "BAD_USER_INPUT"),
    ],
)
def test_passes_on_only_messages_meant_for_clients(error: GraphQLError, code: str) -> None:
    answer = answer_result(ExecutionResult(data=None, errors=[error]), "request-0001")

    assert answer.code == code
    assert "secret" not in json.dumps(answer.content())
    assert "VAULT" not in json.dumps(answer.content())


def test_encodes_integers_beyond_64_bits() -> None:
    response = Answer(errors=[], data={"n": 2**80}, has_data=True).response(MediaType.JSON)

    assert json.loads(bytes(response.body)) == {"data": {"n": 2**80}}


async def test_sets_cookies_that_scripts_cannot_read(site: Site) -> None:
    response = await site.query("{ cookies }")

    new, old = response.headers.get_list("set-cookie")
    assert new == "session=value; HttpOnly; Max-Age=1209600; Path=/; SameSite=lax; Secure"
    assert old.startswith('old=""; ')
    assert "Max-Age=0" in old
