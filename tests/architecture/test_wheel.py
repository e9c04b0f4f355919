"""What is shipped runs without the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's files, away from the checkout."""
    built = tmp_path_factory.mktemp("built")
    _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built), folder=ROOT)
    (wheel,) = built.glob("*.whl")
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def _run(*command: str, folder: Path, **environment: str) -> str:
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _python(unpacked: Path, *words: str) -> str:
    return _run(sys.executable, *words, folder=unpacked, PYTHONPATH=str(unpacked))


def test_brings_its_own_code(unpacked: Path) -> None:
    where = _python(unpacked, "-c", "import server, modules; print(server.__file__, modules.__file__)")

    assert where.split() == [str(unpacked / name / "__init__.py") for name in ("server", "modules")]


def test_brings_every_migration(unpacked: Path) -> None:
    assert _python(unpacked, "-m", "server", "migrate", "--sql") == _run(
        sys.executable, "-m", "server", "migrate", "--sql", folder=ROOT
    )


def test_makes_the_same_schema(unpacked: Path) -> None:
    _python(unpacked, "-m", "server", "schema", "--output", "shipped.graphql")

    assert (unpacked / "shipped.graphql").read_text() == (ROOT / "schema.graphql").read_text()


def test_brings_every_text_of_a_module(unpacked: Path) -> None:
    texts = [path.relative_to(ROOT) for path in (ROOT / "modules").glob("*/locales/*.ftl")]

    assert texts
    assert [text for text in texts if not (unpacked / text).exists()] == []


def test_holds_no_tests(unpacked: Path) -> None:
    assert {path.name.partition("-")[0] for path in unpacked.iterdir()} - {"shipped.graphql"} == {
        "facet",
        "modules",
        "server",
    }
