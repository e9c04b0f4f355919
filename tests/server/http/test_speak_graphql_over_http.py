"""Every audit of the GraphQL over HTTP specification's reference suite, by its id."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.server.http.conftest import Site

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
TYPENAME = "{ __typename }"
BY_NAME = "query Type($name: String!) { __type(name: $name) { name } }"
UNKNOWN_FIELD = "{ 8f31403dfe404bccbb0e835f2629c6a7 }"
COERCE = {"query": "query CoerceFailure($id: ID!){ __typename }", "variables": {"id": None}}
ABSENT = object()


@dataclass(frozen=True)
class Audit:
    """A request and what its answer must be. `lowest`–`highest` bound the status."""

    id: str
    body: Any = ABSENT
    accept: str | None = None
    content_type: str | None = JSON
    url: dict[str, str] | None = None
    lowest: int = 200
    highest: int = 200
    answered_as: str | None = None
    without_errors: bool = False
    without_data: bool = False


def _post(id: str, body: Any, **rest: Any) -> Audit:
    return Audit(id, body=json.dumps(body), **rest)


def _bad(id: str, body: Any, **rest: Any) -> Audit:
    return _post(id, body, lowest=400, highest=400, **rest)


NOT_STRINGS = ({"obj": "ect"}, 0, False, ["array"])
NOT_MAPS = ("string", 0, False, ["array"])

AUDITS = [
    _post("22EB", {"query": TYPENAME}, accept=GRAPHQL, answered_as=GRAPHQL),
    _post("4655", {"query": TYPENAME}, accept=JSON, answered_as=JSON),
    _post("47DE", {"query": TYPENAME}, accept="*/*", answered_as=JSON),
    _post("80D8", {"query": TYPENAME}, answered_as=JSON),
    _post("82A3", {"query": TYPENAME}),
    _post(
        "BF61",
        {"query": '{ __type(name: "Run🏃Swim🏊") { name } }'},
        content_type="application/json; charset=utf-8",
    ),
    _post("78D5", {"query": TYPENAME}),
    _post("2C94", {"query": TYPENAME}),
    Audit("5A70", url={"query": TYPENAME}),
    Audit("9C48", url={"query": "mutation { __typename }"}, accept=GRAPHQL, lowest=405, highest=405),
    _post("9ABE", {"query": TYPENAME}, content_type=None, lowest=415, highest=415),
    _post("03D4", {"query": TYPENAME}),
    Audit("A5BF", body="", lowest=400, highest=400),
    _bad("423L", {"notquery": TYPENAME}, accept=GRAPHQL),
    *(_bad(f"LKJ{i}", {"query": wrong}) for i, wrong in enumerate(NOT_STRINGS)),
    _post("34A2", {"query": TYPENAME}, accept=GRAPHQL),
    _post("13EE", {"query": TYPENAME}, accept=JSON, without_errors=True),
    *(_bad(f"6C0{i}", {"query": TYPENAME, "operationName": wrong}) for i, wrong in enumerate(NOT_STRINGS)),
    _post("8161", {"operationName": "Query", "query": "query Query { __typename }"}, accept=GRAPHQL),
    _post(
        "B8B3",
        {"operationName": "Query", "query": "query Query { __typename }"},
        accept=JSON,
        without_errors=True,
    ),
    *(
        _post(f"{id}{i}", {"query": TYPENAME, parameter: None}, accept=accept, without_errors=True)
        for i, parameter in enumerate(("variables", "operationName", "extensions"))
        for id, accept in (("94B", GRAPHQL), ("022", JSON))
    ),
    *(_bad(f"476{i}", {"query": TYPENAME, "variables": wrong}) for i, wrong in enumerate(NOT_MAPS)),
    _post("2EA1", {"query": BY_NAME, "variables": {"name": "sometype"}}, accept=GRAPHQL),
    _post("28B9", {"query": BY_NAME, "variables": {"name": "sometype"}}, accept=JSON, without_errors=True),
    *(
        Audit(
            id,
            url={"query": BY_NAME, "variables": '{"name":"sometype"}'},
            accept=accept,
            without_errors=True,
        )
        for id, accept in (("D6D5", GRAPHQL), ("6A70", JSON))
    ),
    *(_bad(f"58B{i}", {"query": TYPENAME, "extensions": wrong}) for i, wrong in enumerate(NOT_MAPS)),
    _post("428F", {"query": TYPENAME, "extensions": {"some": "value"}}, accept=GRAPHQL),
    _post("1B7A", {"query": TYPENAME, "extensions": {"some": "value"}}, accept=JSON, without_errors=True),
    *(
        Audit(id, body='{ "not a JSON', accept=accept, lowest=400, highest=400)
        for id, accept in (("B6DC", JSON), ("BCF8", JSON), ("B7N8", GRAPHQL))
    ),
    *(_bad(id, {"qeury": TYPENAME}) for id in ("8764", "3E3A")),
    _post("572B", {"query": "{"}, accept=JSON, without_data=True),
    _post("FDE2", {"query": UNKNOWN_FIELD}, accept=JSON, without_data=True),
    _post("7B9B", COERCE, accept=JSON, without_data=True),
    *(_bad(id, {"query": "{"}, accept=GRAPHQL, without_data=True) for id in ("865D", "556A", "D586")),
    *(
        _bad(id, {"query": UNKNOWN_FIELD}, accept=GRAPHQL, without_data=True)
        for id in ("51FE", "74FF", "5E5B")
    ),
    _bad("86EE", COERCE, accept=GRAPHQL, without_data=True),
]


def test_the_table_has_every_audit() -> None:
    assert len({audit.id for audit in AUDITS}) == 61


@pytest.mark.parametrize("audit", AUDITS, ids=lambda audit: audit.id)
async def test_passes_the_audit(site: Site, audit: Audit) -> None:
    await assert_passes(site.client, audit, "member")


async def assert_passes(client: httpx.AsyncClient, audit: Audit, token: str) -> None:
    """Carry an audit out with this bearer token."""
    headers = {"authorization": f"Bearer {token}"}
    if audit.url is None and audit.content_type:
        headers["content-type"] = audit.content_type
    request = client.build_request(
        "GET" if audit.url is not None else "POST",
        "/graphql",
        params=audit.url,
        content=audit.body if audit.body is not ABSENT else None,
        headers=headers,
    )
    # httpx sends an Accept header of its own unless it is taken out.
    del request.headers["accept"]
    if audit.accept is not None:
        request.headers["accept"] = audit.accept

    response = await client.send(request)

    assert audit.lowest <= response.status_code <= audit.highest, response.text
    content = json.loads(response.content.decode("utf-8", "strict"))
    if audit.answered_as:
        assert response.headers["content-type"] == f"{audit.answered_as}; charset=utf-8"
    if audit.without_errors:
        assert "errors" not in content
    if audit.without_data:
        assert "data" not in content
        assert content["errors"]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
async def test_refuses_other_methods_and_names_its_own(site: Site, method: str) -> None:
    response = await site.client.request(method, "/graphql", headers={"origin": "https://evil.test"})

    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"
    assert not [name for name in response.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "application/graphql",
        "application/jsonp",
        "text/json",
        "",
    ],
)
async def test_refuses_bodies_that_forms_can_send(site: Site, content_type: str) -> None:
    response = await site.client.post(
        "/graphql",
        content=b'{"query":"{hello}"}',
        headers={"content-type": content_type, "authorization": "Bearer member"},
    )

    assert response.status_code == 415
    assert response.json()["errors"][0]["extensions"]["code"] == "UNSUPPORTED_MEDIA_TYPE"


async def test_refuses_compressed_bodies(site: Site) -> None:
    response = await site.post({"query": TYPENAME}, headers={"content-encoding": "gzip"})

    assert response.status_code == 415


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (f"{GRAPHQL}, {JSON};q=0.9", GRAPHQL),
        (f"{GRAPHQL};charset=utf-8, {JSON};charset=utf-8", GRAPHQL),
        (f"{JSON}, {GRAPHQL};q=0.5", JSON),
        ("text/html, application/*;q=0.1", JSON),
        (f"{GRAPHQL};q=nonsense, {JSON}", JSON),
        (GRAPHQL.upper(), GRAPHQL),
    ],
)
async def test_answers_in_the_media_type_the_client_likes_best(
    site: Site, accept: str, media_type: str
) -> None:
    response = await site.query(TYPENAME, headers={"accept": accept})

    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"


@pytest.mark.parametrize("accept", ["text/html", f"{JSON};q=0", f"{JSON};charset=utf-16", "image/*"])
async def test_says_so_when_no_media_type_is_acceptable(site: Site, accept: str) -> None:
    response = await site.query(TYPENAME, headers={"accept": accept})

    assert response.status_code == 406
    assert response.json()["errors"][0]["extensions"]["code"] == "NOT_ACCEPTABLE"


async def test_refuses_a_mutation_by_get_and_runs_nothing(site: Site) -> None:
    response = await site.client.get(
        "/graphql", params={"query": "mutation { putBack }"}, headers={"authorization": "Bearer member"}
    )

    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert "data" not in response.json()


async def test_runs_the_operation_that_is_named(site: Site) -> None:
    text = 'query A { echo(text: "a") } query B { echo(text: "b") }'

    response = await site.post({"query": text, "operationName": "B"})

    assert response.json()["data"] == {"echo": "b"}


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        (
            "query A { hello } query B { hello }",
            None,
            "The document has several operations. Say which one to run in operationName.",
        ),
        ("query A { hello }", "C", "No operation has the name given in operationName."),
        ("{ hello }", "C", "No operation has the name given in operationName."),
        ("fragment F on Query { hello }", None, "The document has no operation. Send a query or mutation."),
        (
            "query A { hello } query A { hello }",
            "A",
            "Several operations have the name given in operationName. Give each its own.",
        ),
    ],
)
async def test_says_when_it_cannot_tell_which_operation_to_run(
    site: Site, text: str, name: str | None, message: str
) -> None:
    response = await site.post({"query": text, "operationName": name})

    assert response.status_code == 400
    assert response.json() == {"errors": [{"message": message, "extensions": {"code": "BAD_USER_INPUT"}}]}


async def test_refuses_batches(site: Site) -> None:
    response = await site.post([{"query": TYPENAME}, {"query": TYPENAME}])

    assert response.status_code == 400
    assert response.json()["errors"][0]["message"] == (
        "Batches are not supported. Send one operation per request."
    )


async def test_tells_clients_of_persisted_queries_to_send_the_text(site: Site) -> None:
    response = await site.post({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "x"}}})

    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_SUPPORTED"
