"""Be told what was wrong with a command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from server.app import Facet
from server.cli.platform import platform_called
from server.embedded.servers import Servers
from server.errors import NotFound
from server.testing import TestPlatform

ROOT = Path(__file__).parents[3]


def facet_says(*arguments: str, **environment: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of the command."""
    done = subprocess.run(
        [sys.executable, "-m", "server", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_names_every_setting_that_cannot_be_used() -> None:
    code, out, err = facet_says(
        "serve", FACET_PORT="many", FACET_POOL_SIZE="0", DATABASE_URL="postgresql://u:secret@h/d"
    )

    assert (code, out) == (1, "")
    assert err.splitlines() == [
        "facet: Settings in the environment cannot be used:",
        "  - FACET_PORT: Input should be a valid integer, unable to parse string as an integer",
        "  - FACET_POOL_SIZE: Input should be greater than or equal to 1",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "cannot be read: No such file or directory."),
        ("{", "is not JSON in UTF-8: Expecting property name"),
        ("[]", "must hold one JSON object with `enabled_modules`."),
    ],
)
def test_says_why_a_settings_document_cannot_be_taken_over(
    tmp_path: Path, text: str | None, told: str
) -> None:
    file = tmp_path / "old.json"
    if text is not None:
        file.write_text(text)

    code, out, err = facet_says("modules", "import-legacy", str(file), "--platform", "oms")

    assert (code, out) == (1, "")
    assert err.startswith(f"facet: {file} {told}")
    assert len(err.splitlines()) == 1


def test_names_the_settings_of_a_document_that_are_refused(
    tmp_path: Path, platform: TestPlatform, servers: Servers
) -> None:
    file = tmp_path / "old.json"
    file.write_text('{"enabled_modules": ["nothing"]}')
    urls = {
        "DATABASE_URL": servers.owner,
        "FACET_APP_DATABASE_URL": servers.app_url,
        "REDIS_URL": servers.redis_url,
    }

    code, _out, err = facet_says("modules", "import-legacy", str(file), "--platform", platform.code, **urls)

    assert code == 1
    assert err.splitlines() == [
        "facet: The settings cannot be taken over.",
        "  - enabled_modules.nothing: There is no such module.",
    ]


async def test_names_the_platforms_there_are(facet: Facet, platform: TestPlatform) -> None:
    with pytest.raises(NotFound, match=rf"^No platform has the code 'omz'\. There are: .*{platform.code}"):
        await platform_called(facet, "omz")

    assert (await platform_called(facet, platform.code)).id == platform.id


@pytest.mark.parametrize("command", [("migrate",), ("platforms", "list"), ("serve", "--port", "0")])
def test_says_that_the_database_cannot_be_reached(
    command: tuple[str, ...], servers: Servers, tmp_path: Path
) -> None:
    url = f"postgresql://ada:secret@/facet?host={tmp_path}&port=5432"

    code, out, err = facet_says(
        *command, DATABASE_URL=url, FACET_APP_DATABASE_URL="", REDIS_URL=servers.redis_url
    )

    assert (code, out) == (1, "")
    assert err.startswith("facet: PostgreSQL does not let us in: ")
    assert err.endswith(". Check that it runs, and DATABASE_URL and FACET_APP_DATABASE_URL.\n")
    assert len(err.splitlines()) == 1
    assert "secret" not in err
