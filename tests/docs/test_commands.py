from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from server.cli import app

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "modules").glob("*/README.md")],
)
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_of_make_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert _named(page, "make") - targets == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_of_facet_exist(page: Path) -> None:
    command = typer.main.get_group(app)

    assert _named(page, "facet") - set(command.commands) == set()


def test_are_explained_by_make_itself() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))

    assert targets == set(re.findall(r"^([a-z][a-z-]*):.*## \S", makefile, re.MULTILINE))


def _named(page: Path, program: str) -> set[str]:
    """What the page's code runs `program` with."""
    code = "\n".join(CODE.findall(page.read_text()))
    return set(re.findall(rf"(?:^|[`$|&(;] ?|bin/){program} ([a-z][a-z-]*)", code, re.MULTILINE))
