"""Delete a module's folder: the module is gone, and everything else works as if it had never been."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree, ignore_patterns, rmtree
from uuid import uuid4

import pytest

from server.embedded import EmbeddedPostgres, create_database, drop_database
from server.embedded.servers import Servers
from server.platforms.registry import Registry

REPOSITORY = Path(__file__).parents[2]
CODES = sorted(path.parent.name for path in (REPOSITORY / "modules").glob("*/module.py"))

CONFTEST = '''
"""The test kit on servers that run already."""

import os

import pytest

from server.embedded.servers import Servers

pytest_plugins = ["server.testing.plugin"]


@pytest.fixture(scope="session")
def servers():
    owner, app = os.environ["DATABASE_URL"], os.environ["FACET_APP_DATABASE_URL"]
    return Servers(owner, app, app_logs_in=True, redis_url=os.environ["REDIS_URL"])
'''

LOOK = """
import asyncio, json, sys
from pathlib import Path

import httpx
from sqlalchemy import text
from typer.testing import CliRunner

from server.app import opened
from server.asgi import serve
from server.auth.audience import Audience
from server.cli.main import app
from server.demo import demo_users, first_query
from server.testing import TestPlatform


def command(*words):
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output.splitlines()


async def look():
    async with opened() as facet:
        platform = await TestPlatform.create(facet)
        transport = httpx.ASGITransport(app=serve(facet).app)
        async with httpx.AsyncClient(transport=transport, base_url="http://facet.test") as client:
            ready = await client.get("/readyz")
        async with facet.database.begin(None) as session:
            tables = await session.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
            tables = sorted(tables.scalars())
        first = await platform.execute(first_query(facet.registry))
        return {
            "modules": sorted(await facet.module_sets.get(platform.id)),
            "ready": [ready.status_code, ready.json()["status"]],
            "tables": tables,
            "errors": first.errors,
            "metrics": sorted(first.data["platformMetrics"]),
            "people": len(demo_users(facet.registry)),
            "schema": facet.views.get(facet.registry.codes, Audience.OPERATOR).sdl(),
        }


checked, heads = command("check"), command("migrate", "--heads")
command("migrate")
command("schema", "--output", "exported.graphql")
found = asyncio.run(look()) | {
    "checked": sorted(line.split()[0] for line in checked),
    "heads": sorted(line.partition(":")[0] for line in heads),
    "loaded": sorted({name.split(".")[1] for name in sys.modules if name.startswith("modules.")}),
}
Path("found.json").write_text(json.dumps(found))
"""


@dataclass
class Copy:
    """A checkout without some modules, and an empty database for it."""

    folder: Path
    environment: dict[str, str]

    def run(self, *command: str) -> str:
        """What `python -m <command>` wrote; fails with it when the program fails."""
        done = self.attempt(*command)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def attempt(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(self.folder), **self.environment},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def copy(postgres: EmbeddedPostgres, servers: Servers, tmp_path: Path) -> Iterator[Copy]:
    """This checkout, to delete from."""
    name = f"test_delete_{uuid4().hex[:12]}"
    urls = create_database(postgres, name)
    for folder in ("server", "modules", "migrations", "tests/modules"):
        copytree(REPOSITORY / folder, tmp_path / folder, ignore=ignore_patterns("__pycache__"))
    (tmp_path / "tests" / "__init__.py").touch()
    (tmp_path / "tests" / "conftest.py").write_text(CONFTEST)
    (tmp_path / "look.py").write_text(LOOK)
    yield Copy(
        tmp_path,
        {
            "DATABASE_URL": urls.owner_url,
            "FACET_APP_DATABASE_URL": urls.app_url,
            "REDIS_URL": servers.redis_url,
        },
    )
    drop_database(postgres, name)


OPTIONAL = [code for code in CODES if code != "tenancy"]


@pytest.mark.parametrize("code", OPTIONAL)
def test_leaves_no_trace_and_a_system_that_works(copy: Copy, registry: Registry, code: str) -> None:
    rmtree(copy.folder / "modules" / code)
    rest = [other for other in CODES if other != code]

    copy.run("look")

    found = json.loads((copy.folder / "found.json").read_text())
    assert found["checked"] == found["modules"] == found["loaded"] == rest
    assert found["heads"] == sorted(["kernel", *rest])
    assert found["ready"] == [200, "ok"]
    assert found["errors"] == []
    assert found["metrics"] == rest
    assert found["people"] == 5
    assert not [table for table in found["tables"] if table.startswith(f"{code}_")]
    exported = (copy.folder / "exported.graphql").read_text()
    assert exported.partition("\n")[2] == found["schema"].partition("\n")[2]
    gone = {p.code for p in registry[code].permissions} | {m.key for m in registry[code].metrics}
    assert [name for name in gone if name in exported] == []


@pytest.mark.parametrize("code", OPTIONAL)
def test_passes_the_tests_of_the_rest(copy: Copy, code: str) -> None:
    rmtree(copy.folder / "modules" / code)
    rmtree(copy.folder / "tests" / "modules" / code)
    copy.run("server", "migrate")
    config = ("-c", str(REPOSITORY / "pyproject.toml"), "--rootdir", str(copy.folder))
    others = [f"tests/modules/{other}" for other in OPTIONAL if other != code]

    out = copy.run("pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *config, *others)

    assert " passed" in out


def test_is_refused_while_another_module_needs_it(copy: Copy) -> None:
    rmtree(copy.folder / "modules" / "tenancy")

    done = copy.attempt("server", "check")

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert [code for code in OPTIONAL if f"{code}: " not in done.stderr] == []
