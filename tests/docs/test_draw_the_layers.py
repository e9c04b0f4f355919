"""See in the documentation the layers that are enforced."""

from __future__ import annotations

import re
import tomllib
from itertools import pairwise

from tests.docs.pages import ROOT

DOCS = ROOT / "docs"


def layers(contract: str) -> list[set[str]]:
    """The layers of an import contract, top first."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    found = next(entry["layers"] for entry in contracts if entry["id"] == contract)
    return [set(re.findall(r"\w+", layer)) for layer in found]


def test_of_the_server() -> None:
    page = (DOCS / "explanation/architecture.md").read_text("utf-8")
    picture = page.partition("imports from its own line or below:")[2].partition("A module has")[0]
    lines = [line.split("  ")[0] for line in re.findall(r"^ {4}(.+)$", picture, re.MULTILINE)]

    drawn = [set(re.findall(r"\w+", line)) for line in lines]

    assert drawn == layers("server-layers")


def test_of_a_module() -> None:
    page = (DOCS / "how-to/write-a-module.md").read_text("utf-8")
    table = page.partition("| file | answers |")[2].partition("\n\n")[0]
    rows = [
        set(re.findall(r"`(\w+)(?:\.py|/)`", row.split("|")[1])) for row in table.splitlines() if "`" in row
    ]
    order = layers("module-layers")

    places = [next(i for i, layer in enumerate(order) if row <= layer) for row in rows]

    assert all(upper < lower for upper, lower in pairwise(places))
