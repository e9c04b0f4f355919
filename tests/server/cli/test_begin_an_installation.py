"""Begin an installation: the first operator, the first platform, a forgotten password."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from io import StringIO
from uuid import uuid4

import pytest
from sqlalchemy import select

from server.app import Facet
from server.auth.caller import ANONYMOUS
from server.auth.models import UserAccount
from server.cli import main
from server.db.audit import AuditEntry
from server.embedded.servers import Servers
from server.graphql.ids import global_id
from server.settings import settings

PASSWORD = "four words or more"
SIGN_IN = """
mutation ($email: String!, $password: String!) {
  signIn(email: $email, password: $password) {
    __typename
    ... on SignInPayload { viewer { user { name } platform { code } roles permissions } }
  }
}
"""

Run = Callable[..., Awaitable[tuple[int, str, str]]]


@pytest.fixture
def run(
    servers: Servers, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Runs `facet …` on the servers of the tests: exit code, output, errors."""
    monkeypatch.setenv("DATABASE_URL", servers.owner)
    monkeypatch.setenv("FACET_APP_DATABASE_URL", servers.app_url)
    monkeypatch.setenv("REDIS_URL", servers.redis_url)
    monkeypatch.setenv("COLUMNS", "200")
    settings.cache_clear()

    def in_a_thread_without_a_loop() -> int:
        try:
            main()
        except SystemExit as ended:
            return int(ended.code or 0)
        return 0

    async def command(*words: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["facet", *words])
        monkeypatch.setattr(sys, "stdin", StringIO(typed))
        capsys.readouterr()
        code = await asyncio.to_thread(in_a_thread_without_a_loop)
        return code, *capsys.readouterr()

    yield command
    settings.cache_clear()


@pytest.fixture
def email() -> str:
    return f"{uuid4().hex}@example.com"


@pytest.fixture
def code() -> str:
    return f"c{uuid4().hex[:12]}"


async def create(run: Run, email: str, *, password: str = PASSWORD) -> tuple[int, str, str]:
    words = ("users", "create-operator", email, "--name", "Ada", "--password-stdin")
    return await run(*words, typed=f"{password}\n")


async def signs_in(facet: Facet, email: str, password: str) -> bool:
    variables = {"email": email, "password": password}
    answer = await facet.execute(SIGN_IN, variables, caller=ANONYMOUS, platform=None)
    return bool(answer["data"]["signIn"]["__typename"] == "SignInPayload")


async def accounts(facet: Facet, email: str) -> list[UserAccount]:
    async with facet.database.begin(None) as session:
        return list((await session.execute(select(UserAccount).where(UserAccount.email == email))).scalars())


async def test_with_an_operator_who_may_do_everything(facet: Facet, run: Run, email: str) -> None:
    assert await create(run, email.upper()) == (0, f"Created the operator {email}.\n", "")

    answer = await facet.execute(
        SIGN_IN, {"email": email, "password": PASSWORD}, caller=ANONYMOUS, platform=None
    )

    viewer = answer["data"]["signIn"]["viewer"]
    assert (viewer["user"], viewer["platform"], viewer["roles"]) == ({"name": "Ada"}, None, ["operator"])
    assert "tenancy.create_platforms" in viewer["permissions"]


async def test_and_keeps_on_record_who_became_an_operator(facet: Facet, run: Run, email: str) -> None:
    await create(run, email)

    (account,) = await accounts(facet, email)
    async with facet.database.begin(None) as session:
        subject = global_id("User", account.id)
        entries = await session.execute(select(AuditEntry).where(AuditEntry.subject == subject))
        found = [(entry.action, entry.actor_kind, entry.after) for entry in entries.scalars()]
    assert found == [("auth.create_operator", "system", {"email": email})]


async def test_without_changing_an_account_that_exists(facet: Facet, run: Run, email: str) -> None:
    await create(run, email)

    refused = await create(run, email, password="some other password")

    assert refused == (
        1,
        "",
        f"facet: {email} has an account already. Use another address for the operator.\n",
    )
    assert await signs_in(facet, email, PASSWORD)


@pytest.mark.parametrize(
    ("email", "password", "told"),
    [
        ("ada", PASSWORD, "'ada' is no e-mail address, such as ada@example.com."),
        (
            "short@example.com",
            "123456789",
            "A password has 10 to 256 characters; several words are best.",
        ),
    ],
)
async def test_and_hears_what_is_wrong_with_an_operator(
    facet: Facet, run: Run, email: str, password: str, told: str
) -> None:
    assert await create(run, email, password=password) == (1, "", f"facet: {told}\n")
    assert await accounts(facet, email) == []


async def test_with_a_platform(run: Run, code: str) -> None:
    words = ("--name", "Shop", "--timezone", "Europe/Paris", "--currency", "CHF")

    assert await run("platforms", "create", code, *words) == (
        0,
        f"Created the platform {code}. Its address is /p/{code}/graphql.\n",
        "",
    )
    _, listed, _ = await run("platforms", "list")

    (line,) = [line for line in listed.splitlines() if code in line]
    assert line.replace("│", " ").split() == [code, "Shop", "Europe/Paris", "CHF"]


async def test_with_a_platform_that_has_some_modules(facet: Facet, run: Run, code: str) -> None:
    await run("platforms", "create", code, "--name", "Shop", "--module", "customers")

    platform = await facet.platforms.by_code(code)

    assert platform is not None
    assert await facet.module_sets.get(platform.id) == {"tenancy", "customers"}


async def test_and_hears_everything_that_is_wrong_with_a_platform(run: Run, code: str) -> None:
    words = ("--name", "Shop", "--timezone", "Europe/Nowhere", "--module", "nothing")

    exit_code, out, err = await run("platforms", "create", code, *words)

    assert (exit_code, out) == (1, "")
    assert err.splitlines() == [
        "facet: Nothing was stored; please correct: timezone, modules.",
        "  - timezone: Is no time zone, such as Europe/Paris.",
        "  - modules: Are not installed: nothing.",
    ]
    _, listed, _ = await run("platforms", "list")
    assert code not in listed


async def test_and_replaces_a_forgotten_password(facet: Facet, run: Run, email: str) -> None:
    await create(run, email)

    answer = await run("users", "set-password", email, "--password-stdin", typed="a wholly new one\n")

    assert answer == (0, f"{email} has a new password.\n", "")
    assert not await signs_in(facet, email, PASSWORD)
    assert await signs_in(facet, email, "a wholly new one")


async def test_and_hears_that_nobody_has_the_address(run: Run, email: str) -> None:
    assert await run("users", "set-password", email, "--password-stdin", typed=f"{PASSWORD}\n") == (
        1,
        "",
        "facet: Nobody has an account with this address.\n",
    )
