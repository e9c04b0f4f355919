"""What a request says about itself before anybody looks at its body."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from server.errors import Unauthenticated
from server.http.visits import credentials, host_name, preferred_locale

SERVER = ("Facet.Internal", 8000)


def request(*headers: tuple[str, str], server: tuple[str, int] | None = SERVER) -> Request:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    return Request({"type": "http", "scheme": "http", "path": "/", "server": server, "headers": raw})


@pytest.mark.parametrize(
    "host",
    ["oms.example", "OMS.Example:8000", "127.0.0.1", "[::1]:80", "[::1", "x:y:z", "", "\xff", "a" * 5_000],
)
@pytest.mark.parametrize("server", [SERVER, ("::1", 80), None])
def test_names_the_host_as_the_address_of_the_request_does(host: str, server: tuple[str, int] | None) -> None:
    for _ in range(2):
        asked = request(("host", host), server=server)
        assert host_name(asked) == (asked.url.hostname or "")


def test_names_the_server_when_no_host_was_asked() -> None:
    assert host_name(request()) == "facet.internal"
    assert host_name(request(("host", "oms.example:1"))) == "oms.example"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ((), (None, False)),
        ((("cookie", "other=1"),), (None, False)),
        ((("cookie", "other=1; facet_session=abc"),), ("abc", True)),
        ((("cookie", "facet_session="),), (None, True)),
        ((("cookie", "facet_session=abc"), ("authorization", "bearer  def ")), ("def", False)),
    ],
)
def test_prefers_a_bearer_token_to_a_cookie(
    headers: tuple[tuple[str, str], ...], expected: tuple[str | None, bool]
) -> None:
    assert credentials(request(*headers)) == expected


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "abc"])
def test_refuses_credentials_of_another_kind(header: str) -> None:
    with pytest.raises(Unauthenticated):
        credentials(request(("authorization", header), ("cookie", "facet_session=abc")))


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("FR-lu;q=0.9, en;q=0.1", "fr"),
        ("de, fr", "fr"),
        ("de", "en"),
        ("x" * 5_000 + ", fr", "fr"),
        (" , fr", "fr"),
    ],
)
def test_speaks_the_first_language_it_knows(header: str, locale: str) -> None:
    assert [preferred_locale(header) for _ in range(2)] == [locale, locale]
