"""The reference of module definitions."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from server.contracts.module import ModuleDefinition

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "module-definition.md"


def test_names_every_field_in_order() -> None:
    table = PAGE.read_text("utf-8").partition("Beyond the fields")[0]

    documented = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)

    assert documented == [field.name for field in fields(ModuleDefinition)]
