"""Write a new module, use it, delete it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from uuid import uuid4

import pytest

from server.embedded import EmbeddedPostgres, create_database, drop_database
from server.embedded.servers import Servers
from server.errors import ConfigurationError
from server.scaffold import names, write_module

REPOSITORY = Path(__file__).parents[3]
CODE = "stock_alerts"

CONFTEST = '''
"""The test kit with the modules of this folder and a database of its own."""

import asyncio, os
from pathlib import Path

import pytest

from server.db.migrate import downgrade, upgrade
from server.embedded.servers import Servers
from server.platforms.discovery import discover
from server.platforms.installed import KERNEL_PERMISSIONS
from server.platforms.registry import Registry
from tests.server.platforms.sample.base.module import module as base

pytest_plugins = ["server.testing.plugin"]


@pytest.fixture(scope="session")
def registry():
    found = discover(Path("sandbox"), namespace="sandbox", entry_points=False)
    return Registry([*found, base.__class__(**vars(base) | {"folders": ()})], kernel_permissions=KERNEL_PERMISSIONS)


@pytest.fixture(scope="session")
def servers(registry):
    folders = [definition.folder("migrations") for definition in registry.definitions if definition.package]
    owner = os.environ["OWNER_URL"]
    for step in (upgrade(owner, folders), downgrade(owner, folders, "CODE@base"), upgrade(owner, folders)):
        asyncio.run(step)
    return Servers(owner, os.environ["APP_URL"], app_logs_in=True, redis_url=os.environ["REDIS_URL"])
'''


@pytest.fixture
def database(postgres: EmbeddedPostgres, servers: Servers) -> Iterator[dict[str, str]]:
    """The environment of a process that works on an empty database of its own."""
    name = f"test_scaffold_{uuid4().hex[:12]}"
    urls = create_database(postgres, name)
    yield {"OWNER_URL": urls.owner_url, "APP_URL": urls.app_url, "REDIS_URL": servers.redis_url}
    drop_database(postgres, name)


def run(*command: str, folder: Path, **environment: str) -> str:
    """What the program wrote; fails with it when the program fails."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{REPOSITORY}", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_passes_its_own_tests_and_leaves_nothing_when_deleted(
    tmp_path: Path, database: dict[str, str]
) -> None:
    package = tmp_path / "sandbox"
    written = write_module(CODE, package, tests=tmp_path / "checks")
    (tmp_path / "conftest.py").write_text(CONFTEST.replace("CODE", CODE))
    options = (
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        str(REPOSITORY / "pyproject.toml"),
        "--rootdir",
        str(tmp_path),
    )

    out = run("pytest", *options, "-n", "0", "checks", folder=tmp_path, **database)

    assert "10 passed" in out
    assert package / CODE / "migrations" / f"{CODE}_001_initial.py" in written
    rmtree(package / CODE)
    program = "from server.platforms.discovery import discover\nfrom pathlib import Path\n"
    program += "print(discover(Path('sandbox'), namespace='sandbox', entry_points=False))"
    (tmp_path / "look.py").write_text(program)
    assert run("look", folder=tmp_path) == "[]\n"


@pytest.mark.parametrize("code", ["tips", CODE])
def test_is_written_as_we_write(tmp_path: Path, code: str) -> None:
    write_module(code, tmp_path / "modules")

    config = ("--config", str(REPOSITORY / "pyproject.toml"), "--no-cache")
    run("ruff", "check", *config, ".", folder=tmp_path)
    run("ruff", "format", "--check", *config, ".", folder=tmp_path)


@pytest.mark.parametrize("code", ["Stock", "1st", "a", "kernel", "with-dash", "two__lines", "end_"])
def test_refuses_the_code(tmp_path: Path, code: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be a module's code"):
        write_module(code, tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / CODE).mkdir()

    with pytest.raises(ConfigurationError, match="exists already"):
        write_module(CODE, tmp_path)

    assert list((tmp_path / CODE).iterdir()) == []


def test_makes_names_of_the_code() -> None:
    found = names(CODE, "modules")

    assert (found["upper"], found["camel"], found["title"]) == ("StockAlerts", "stockAlerts", "Stock alerts")
    assert found["package"] == "modules.stock_alerts"
