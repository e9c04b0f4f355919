"""Read the schema as text. `UPDATE_GOLDEN=1 pytest <this file>` writes the texts anew; review them."""

import os
from pathlib import Path

import pytest
from graphql import build_schema, validate_schema

from server.auth.audience import Audience
from server.composition import ComposedSchema, ViewCache, render_schema
from tests.server.composition.sample_modules import CODES

GOLDEN = Path(__file__).parent / "golden"


def assert_golden(name: str, text: str) -> None:
    path = GOLDEN / f"{name}.graphql"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


def test_is_the_full_schema_as_reviewed(full: ComposedSchema) -> None:
    assert_golden("full", render_schema(full.graphql_schema))


@pytest.mark.parametrize("code", CODES)
def test_is_the_view_of_each_module_as_reviewed(full: ComposedSchema, views: ViewCache, code: str) -> None:
    assert_golden(code, views.get(full.closure(code), Audience.OPERATOR).sdl())


def test_is_the_view_without_any_module_as_reviewed(views: ViewCache) -> None:
    assert_golden("kernel", views.get(frozenset()).sdl())


def test_is_sorted_and_readable_by_any_graphql_tool(full: ComposedSchema) -> None:
    text = render_schema(full.graphql_schema, "Two\nlines")

    assert text.startswith("# Two\n# lines\n\n")
    assert text.endswith("}\n")
    assert validate_schema(build_schema(text)) == []
    names = [line.split()[1] for line in text.splitlines() if line.startswith(("type ", "enum ", "input "))]
    assert names == sorted(names)
