"""Secrets planted wherever a client or operator can put one, through the real application: none comes out."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from sqlalchemy import text

from modules.tenancy.testing import PASSWORD, make_api_key, make_member, make_user
from server.app import Facet
from server.db.session import Database
from server.settings import Settings
from server.telemetry.logging import configure_logging, get_logger
from server.testing import TestPlatform
from tests.scenarios.security.installation import Site, open_site, token_of

STRIPE = "sk_live_planted-stripe-key"
SIGN_IN = 'mutation SignIn { signIn(email: "%s", password: "%s") { __typename ... on Error { message } } }'


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the process would write at its most talkative, with everything put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in logging.root.manager.loggerDict}
    stream = io.StringIO()
    configure_logging(level="DEBUG", as_json=True, stream=stream)
    # Whatever an earlier test left behind: no logger of ours holds anything back.
    ours = [logging.getLogger(name) for name in ["server", *levels] if f"{name}.".startswith("server.")]
    for logger in ours:
        logger.disabled = False
        logger.setLevel(logging.DEBUG)
    yield stream
    for logger in ours:
        logger.setLevel(logging.NOTSET)
    structlog.reset_defaults()
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


async def plant(site: Site, platform: TestPlatform) -> tuple[list[str], list[str]]:
    """Send secrets in every way; returns them, and the answers that must not repeat them."""
    async with platform.context() as ctx:
        user = await make_user(ctx, password=PASSWORD)
        await make_member(ctx, user=user)
        _, key = await make_api_key(ctx, user, "tenancy.view")
    token, gone = await token_of(platform), "fs_" + "Z" * 43
    put = """mutation ($v: JSON!) {
        configureModule(code: "billing", values: $v) { __typename ... on Error { message } } }"""
    setting = f'{{ stripe_secret_key: "{STRIPE}" }}'
    inline = f'mutation {{ configureModule(code: "billing", values: {setting}) {{ __typename }} }}'
    configured = (
        "{ modules { code config configSources { path isSet } } auditLog { nodes { action before after } } }"
    )
    read, variable = site.client.get, "mutation ($p: %s!) { signIn(email: $p, password: $p) { __typename } }"
    answers = [
        await site.ask(SIGN_IN % (user.email, PASSWORD)),
        await site.ask(SIGN_IN % (user.email, "planted-wrong-password")),
        await site.ask(SIGN_IN % (user.email, "planted-syntax") + "}"),
        await site.ask((SIGN_IN % (user.email, "planted-invalid")).replace("signIn", "signin")),
        await site.ask(SIGN_IN % ("planted-address@example.com", "planted-unknown")),
        await site.ask(variable % "String", {"p": "planted-var"}),
        await site.ask(variable % "Int", {"p": "planted-kind"}),
        await site.ask("{ viewer { roles } }", cookie=f"facet_session={gone}"),
        await site.ask("{ viewer { roles } }", token=gone),
        await site.ask("{ viewer { roles } }", token="planted-bearer"),
        await site.ask("{ viewer { roles } }", token=key),
        await site.ask("{ viewer { roles } }", authorization="Basic cGxhbnRlZDpiYXNpYw=="),
        await site.ask("{ viewer { roles } }", token=token, headers={"x-api-key": "planted-header"}),
        await site.ask("{ viewer { roles } }", token=token, at="/graphql?token=planted-query-string"),
        await site.ask("{ viewer { roles } }", token=token, at="/p/planted-code/graphql"),
        await read("/graphql", params={"query": '{merchant(id:"planted-url"){name}}', "access_token": "planted-param"}),
        await read("/nowhere?password=planted-nowhere"),
        await read("/hooks/postgresql://facet:planted-dsn@db.test/facet"),
        await site.ask(inline, token=token),
        await site.ask(put, {"v": {"stripe_secret_key": STRIPE + "-2"}}, token=token),
        await site.ask(put, {"v": {"stripe_secret_key": {"a": "planted-nested"}}}, token=token),
        await site.ask(put, {"v": {"mode": "planted-mode", "stripe_secret_key": STRIPE + "-3"}}, token=token),
        await site.ask(configured, token=token),
        await site.ask('{ merchants(filter: { search: "planted-search" }) { totalCount } }', token=token),
        await site.ask('mutation { createMerchant(name: "planted-value" }', token=token),
        await site.client.post("/graphql", content=b'{"password": "planted-broken-json', headers={
            "content-type": "application/json"}),
    ]  # fmt: skip
    return [PASSWORD, STRIPE, "planted", key, token, gone, "cGxhbnRlZDpiYXNpYw"], [a.text for a in answers]


async def test_writes_no_secret_into_the_log(site: Site, platform: TestPlatform, log: io.StringIO) -> None:
    secrets, answers = await plant(site, platform)
    # Not a client's: the address of a database, as a library would print it.
    get_logger("scenario").warning("connect_failed", url="postgresql://owner:planted-owner@db.test/facet")

    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    written = "\n".join(json.dumps(line) for line in lines if line.get("path") != "/p/planted-code/graphql")
    assert len([line for line in lines if line["event"] == "request"]) == len(answers)
    assert [secret for secret in secrets if secret in written] == []


async def test_repeats_no_secret_in_an_answer_or_the_audit_log(site: Site, platform: TestPlatform) -> None:
    secrets, answers = await plant(site, platform)
    async with platform.context() as ctx:
        kept = (await ctx.session.execute(text("SELECT a::text FROM audit_entry a"))).scalars().all()

    found = [
        (secret, answer)
        for secret in secrets
        if secret != "planted"
        for answer in answers
        if secret in answer
    ]
    assert found == []
    assert [(secret, row) for secret in secrets for row in kept if secret in row] == []
    assert any("module.configured" in row for row in kept)
    assert any("tenancy.sign_in" in row for row in kept)


async def test_tells_no_address_of_a_database_that_is_away(
    facet: Facet, platform: TestPlatform, log: io.StringIO
) -> None:
    other = Facet(Settings(), facet.servers, facet.registry)
    url = "postgresql://facet:planted-dsn@127.0.0.1:1/facet"
    away = Database.connect(url, owns_role=True, pool_size=1, statement_timeout_ms=1_000)
    await other.database.close()
    other.database.engine = away.engine
    async with open_site(other) as site:
        answer = await site.ask("{ viewer { roles } }", token=await token_of(platform))
        ready = await site.client.get("/readyz")
    await other.stop()

    assert answer.status_code in {500, 503}
    assert ready.status_code == 503
    for said in (answer.text, ready.text, log.getvalue()):
        assert "planted" not in said
        assert "127.0.0.1" not in said
