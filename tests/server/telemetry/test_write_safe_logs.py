"""Secrets planted wherever a client or a library can put one: none of them reaches the log."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from server.composition import ViewCache
from server.telemetry.logging import configure_logging, get_logger
from server.telemetry.redaction import redact_text, redact_value
from tests.server.http.conftest import open_site
from tests.server.http.library import compose

DSN = "postgresql://owner:secret-dsn@db.test/facet"


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[io.StringIO]:
    """What the process would write, with everything put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logging(level="DEBUG", as_json=True, stream=stream)
    yield stream
    structlog.reset_defaults()
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="module")
def views() -> ViewCache:
    return compose()


def _lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


async def _send_secrets(views: ViewCache) -> list[str]:
    """Every place of a request that can hold a secret; returns the answers."""
    sign_in = 'mutation SignIn {{ signIn(email: "a", password: "{}") {{ ... on SignInError {{ code }} }} }}'
    answers = []
    async with open_site(views) as site:
        member = {"authorization": "Bearer member"}
        for response in (
            await site.query(sign_in.format("secret-inline")),
            await site.query(sign_in.format("secret-anonymous"), signed_in=False),
            await site.query(sign_in.format("secret-syntax") + "}"),
            await site.query(sign_in.format("secret-invalid").replace("code", "cod")),
            await site.query(
                "query($t: String) { echo(text: $t) broken(text: $t) }", {"t": "secret-variable"}
            ),
            await site.query("query($c: Int) { echo(count: $c) }", {"c": "secret-coercion"}),
            await site.query('{ broken(text: "secret-resolver") brokenForGood }'),
            await site.query("{hello}", headers={"x-api-key": "secret-header"}),
            await site.query("{hello}", signed_in=False, headers={"authorization": "Bearer secret-bearer"}),
            await site.query("{hello}", signed_in=False, headers={"cookie": "session=secret-cookie"}),
            await site.client.get("/graphql", params={"query": '{echo(text:"secret-url")}'}, headers=member),
            await site.client.get("/reset?token=secret-query-string"),
            await site.client.get("/callback/postgres://u:secret-path@host"),
            await site.post({"query": "{hello}", "operationName": "secret-name"}),
            await site.post({"query": "{hello}", "extensions": {"token": "secret-extension"}}),
            await site.client.post("/graphql", content=b'{"password": "secret-broken-json', headers=member),
            await site.query("{hello}", headers={"x-request-id": "secret id with spaces"}),
            await site.client.request("SECRET-METHOD", "/graphql"),
        ):
            answers.append(response.text)
    return answers


async def test_writes_none_of_the_secrets_of_requests(views: ViewCache, log: io.StringIO) -> None:
    await _send_secrets(views)

    lines = _lines(log)
    assert len([line for line in lines if line["event"] == "request"]) == 18
    assert len([line for line in lines if line["event"] == "resolver_failed"]) == 3
    assert "secret" not in log.getvalue().lower()


async def test_says_what_an_operator_needs(views: ViewCache, log: io.StringIO) -> None:
    async with open_site(views) as site:
        await site.query("query Books { broken }", headers={"x-request-id": "request-0001"})

    failed, request = [line for line in _lines(log) if line["request_id"] == "request-0001"]
    assert request.pop("duration_ms") >= 0
    assert request.pop("timestamp").endswith("Z")
    assert request == {
        "event": "request",
        "level": "info",
        "logger": "server.http.guard",
        "method": "POST",
        "path": "/graphql",
        "status": 200,
        "request_id": "request-0001",
        "operation_type": "query",
        "operation_name": "Books",
        "platform": "oms",
        "caller": "session",
        "code": "INTERNAL_ERROR",
    }
    assert (failed["event"], failed["at"]) == ("resolver_failed", "broken")
    assert failed["failure"][0]["type"] == "builtins.RuntimeError"
    assert failed["failure"][0]["frames"][-1].startswith("server/http/library.py:")


def test_strips_what_libraries_say(log: io.StringIO) -> None:
    error = ValueError("secret-exception")
    calls: list[tuple[str, str, tuple[object, ...]]] = [
        ("strawberry.execution", "GraphQL request: password: %s", ("secret-1",)),
        ("graphql", "secret-2", ()),
        ("asyncio", "Task exception was never retrieved\nfuture: secret-3", ()),
        ("sqlalchemy.engine.Engine", "INSERT %r", ({"password": "secret-4"},)),
        ("asyncpg", "connecting to %s", (DSN,)),
        ("uvicorn.access", '%s - "%s %s HTTP/%s" %d', ("::1", "GET", "/?token=secret-5", "1.1", 200)),
        ("uvicorn.error", '%s - "WebSocket %s" [accepted]', ("::1", "/graphql?token=secret-6")),
        ("some.library", "token=%s", ("secret-7",)),
    ]

    for name, text, arguments in calls:
        library = logging.getLogger(name)
        library.error(text, *arguments)
        library.error(text.split("\n")[0] if not arguments else "failed", exc_info=error)
        library.debug(text, *arguments)

    written = log.getvalue()
    assert "secret" not in written
    assert '"event":"::1 - \\"WebSocket /graphql?[redacted]\\" [accepted]"' in written
    assert '"type":"builtins.ValueError"' in written


def test_names_an_exception_and_its_causes_without_their_words(log: io.StringIO) -> None:
    logger = get_logger("server.somewhere")
    try:
        try:
            raise KeyError("secret-cause")
        except KeyError as cause:
            raise RuntimeError(f"cannot connect to {DSN}") from cause
    except RuntimeError:
        logger.exception("failed", given=ValueError("secret-argument"))

    (line,) = _lines(log)
    assert [failure["type"] for failure in line["failure"]] == ["builtins.RuntimeError", "builtins.KeyError"]
    assert line["given"] == "ValueError"
    assert "secret" not in log.getvalue()


async def test_strips_exceptions_nobody_awaited(log: io.StringIO) -> None:
    loop = asyncio.get_running_loop()

    loop.call_exception_handler({"message": "boom", "exception": RuntimeError("secret-task")})

    assert "secret" not in log.getvalue()
    assert _lines(log)[0]["failure"][0]["type"] == "builtins.RuntimeError"


def test_strips_warnings(log: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(f"connecting to {DSN}", UserWarning, stacklevel=1)

    assert "secret" not in log.getvalue()
    assert "[redacted]@db.test" in log.getvalue()


def test_redacts_what_our_own_code_should_not_have_passed(log: io.StringIO) -> None:
    get_logger("server.somewhere").info(
        "webhook password=secret-1",
        token="secret-2",
        headers={"Authorization": "Bearer secret-3", "Cookie": "session=secret-4"},
        dsn=DSN,
        url="https://hooks.test/x?signature=secret-5",
        nested=[{"api_key": "secret-6"}, ("Bearer secret-7",)],
        webhook_secret="secret-8",
        reset_token="secret-9",
        connection_init='{"authToken": "secret-10", "password":"secret-11"}',
        variables={"a": "secret-12"},
        something=object(),
        count=3,
        is_on=True,
    )

    (line,) = _lines(log)
    assert "secret-" not in log.getvalue()
    assert (line["count"], line["is_on"], line["something"]) == (3, True, "<object>")
    assert line["dsn"] == "[redacted]"
    assert line["url"] == "https://hooks.test/x?[redacted]"


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        (DSN, "postgresql://[redacted]@db.test/facet"),
        ("redis://:secret@cache/0", "redis://[redacted]@cache/0"),
        ("Authorization: Bearer abc.def", "Authorization: [redacted] [redacted]"),
        ('{"password": "a\\"b"}', '{"password": [redacted]}'),
        ("password='a b' and more", "password=[redacted] and more"),
        ("GET /a/b?token=1&x=2 done", "GET /a/b?[redacted] done"),
        ("Key (email)=(a@b.c)\nDETAIL: Key (email)=(a@b.c)", "Key (email)=(a@b.c)\nDETAIL [redacted]"),
        ("nothing to hide: 5 < 6", "nothing to hide: 5 < 6"),
    ],
)
def test_redacts_text(text: str, redacted: str) -> None:
    assert redact_text(text) == redacted


def test_stops_at_values_that_nest_for_ever() -> None:
    value: dict[str, Any] = {}
    value["again"] = value

    assert "[redacted]" in str(redact_value("value", value))


async def test_names_the_request_in_lines_of_other_code(views: ViewCache, log: io.StringIO) -> None:
    async with open_site(views) as site:
        await site.query("{ broken }", headers={"x-request-id": "request-0002"})
    get_logger("server.somewhere").info("later")

    *during, later = _lines(log)
    assert {line.get("request_id") for line in during} == {"request-0002"}
    assert "request_id" not in later


async def test_writes_no_line_for_a_request_above_its_level(views: ViewCache, log: io.StringIO) -> None:
    logging.getLogger().setLevel("WARNING")

    async with open_site(views) as site:
        await site.query("{ hello }")

    assert log.getvalue() == ""


async def test_answers_although_nobody_reads_its_lines(views: ViewCache, log: io.StringIO) -> None:
    log.close()

    async with open_site(views) as site:
        response = await site.query("{ hello }")

    assert response.json()["data"] == {"hello": "hello"}


async def test_writes_a_readable_line_for_a_request_in_development(
    views: ViewCache, log: io.StringIO
) -> None:
    configure_logging(level="INFO", as_json=False, stream=log)

    async with open_site(views) as site:
        await site.query("query Books { hello }", headers={"x-request-id": "request-0003"})

    (line,) = log.getvalue().splitlines()
    for word in ("request ", "[server.http.guard]", "path=/graphql", "status=200", "operation_name=Books"):
        assert word in line
    assert "request_id=request-0003" in line


def test_writes_readable_lines_in_development() -> None:
    stream = io.StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logging(level="INFO", as_json=False, stream=stream)

    get_logger("server.somewhere").info("hello", token="secret")
    get_logger("server.somewhere").debug("unseen")

    structlog.reset_defaults()
    logging.captureWarnings(False)
    root.handlers[:], root.level = handlers, level
    assert "hello" in stream.getvalue()
    assert "unseen" not in stream.getvalue()
    assert "secret" not in stream.getvalue()
