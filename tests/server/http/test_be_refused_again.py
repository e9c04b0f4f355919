"""A document that was refused is refused again in the same words, without the work of finding out why."""

from __future__ import annotations

import pytest
from graphql import GraphQLError

from server.http import operation
from server.http.refused import RefusedTexts
from tests.server.http.conftest import Site

MANY_ALIASES = "{" + " ".join(f"a{number}: hello" for number in range(31)) + "}"
TOO_DEEP = "{book" + "{similar" * 13 + "{title}" + "}" * 14
UNSTORABLE = '{echo(text: "\\u0000")}'


@pytest.mark.parametrize("text", ["{hello", MANY_ALIASES, TOO_DEEP, UNSTORABLE, "{nope}"])
async def test_says_the_same_again_for_less(site: Site, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await site.query(text)
    monkeypatch.delattr(operation, "parse")
    monkeypatch.delattr(operation, "check_shape")

    again = await site.query(text)

    assert (again.status_code, again.json()) == (400, first.json())


async def test_still_tells_strangers_only_to_sign_in(site: Site) -> None:
    member = await site.query(MANY_ALIASES)
    stranger = await site.query(MANY_ALIASES, signed_in=False)
    again = await site.query(MANY_ALIASES)

    assert stranger.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert stranger.status_code == 401
    assert again.json() == member.json()


async def test_asks_for_the_operation_again_each_time(site: Site) -> None:
    text = "query A {" + MANY_ALIASES[1:] + " query B { hello }"

    refused = [await site.post({"query": text, "operationName": name}) for name in ("A", "C", "A", None)]

    messages = [response.json()["errors"][0]["message"] for response in refused]
    assert messages[0].startswith("The operation uses 31 aliases")
    assert messages[1] == "No operation has the name given in operationName."
    assert messages[2] == messages[0]
    assert messages[3].startswith("The document has several operations.")


def test_forgets_the_texts_refused_longest_ago() -> None:
    texts = RefusedTexts()
    for number in range(128):
        texts.put(f"{{{number}", None, [GraphQLError(str(number))])
    assert texts.get("{0") is not None

    texts.put("{one more", None, [GraphQLError("more")])

    assert len(texts) == 128
    assert texts.get("{1") is None
    assert texts.get("{0") is not None


def test_keeps_no_more_text_than_its_bound() -> None:
    texts = RefusedTexts()
    for letter in "abcdefgh":
        texts.put(letter * 60_000, None, [GraphQLError(letter)])
        texts.put(letter * 60_000, None, [GraphQLError(letter)])

    assert len(texts) == 4
    assert texts.get("h" * 60_000) is not None
    assert texts.get("d" * 60_000) is None
