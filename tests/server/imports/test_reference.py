"""The page of the documentation that lists files and recipes."""

from __future__ import annotations

from pathlib import Path

from server.imports.reference import PAGE, render
from server.platforms.registry import Registry
from tests.server.imports.library import LIBRARY

ROOT = Path(__file__).resolve().parents[3]


def test_equals_what_the_modules_declare(registry: Registry) -> None:
    written = (ROOT / PAGE).read_text(encoding="utf-8")

    assert written == render(registry.definitions), "Write it anew with: python -m server.imports.reference"


def test_names_columns_choices_and_reasons() -> None:
    page = render([LIBRARY])

    assert "## books\n\nWhat is read. Module `library`; one row for each `external_id`.\n" in page
    assert "| `shelf_id` | yes | `external_id` of a row of [shelves](#shelves) |  |" in page
    assert "| `kind` |  | one of `paper`, `audio` |  |" in page
    assert "| `price` |  | decimal such as `1234.56`, at least 0 |  |" in page
    assert "- lost_at: is before bought_at, which isn't possible\n" in page
    assert (
        "- `racks` (module `library`): Racks. Makes `shelves`, `books`. Times are read in Asia/Tokyo.\n"
        in page
    )
    assert page.index("## shelves") < page.index("## books") < page.index("## readings")
