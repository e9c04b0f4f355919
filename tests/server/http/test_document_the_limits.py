"""The reference pages say what the code does."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from server.http.limits import Limits
from server.http.protocol import HEADER_SECONDS, LONGEST_WEBSOCKET_MESSAGE
from server.settings import Settings

DOCS = Path(__file__).parents[3] / "docs"


def test_lists_every_limit_with_its_value() -> None:
    page = (DOCS / "reference/limits.md").read_text()
    listed = {
        name: float(value.replace(",", ""))
        for name, value in re.findall(r"^\| `(\w+)`:[^|]*\| ([\d,]+) \|", page, re.MULTILINE)
    }

    assert listed == {limit.name: float(getattr(Limits(), limit.name)) for limit in fields(Limits)}


def test_tells_the_budget_and_the_deadlines() -> None:
    page = (DOCS / "reference/limits.md").read_text()
    settings = Settings.model_fields

    assert f"{settings['cost_capacity'].default:,} points (`FACET_COST_CAPACITY`)" in page
    assert f"gets {settings['cost_per_second'].default:,} back" in page
    assert f"within {HEADER_SECONDS:g} seconds" in page
    assert f"{LONGEST_WEBSOCKET_MESSAGE:,} bytes" in page


def test_lists_every_code_of_the_server() -> None:
    page = (DOCS / "reference/errors.md").read_text()
    listed = set(re.findall(r"^\| `([A-Z_]+)` \|", page, re.MULTILINE))
    server = Path(__file__).parents[3] / "server"
    sources = [server / "errors.py", *sorted((server / "http").glob("*.py"))]
    quoted = {code for path in sources for code in re.findall(r'"([A-Z]+_[A-Z_]+)"', path.read_text())}

    assert quoted - listed == set()
