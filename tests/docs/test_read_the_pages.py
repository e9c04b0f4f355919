"""Read a page: its queries fit the schema, its code is code, its links lead somewhere."""

from __future__ import annotations

import ast
import json
import re
from functools import lru_cache
from pathlib import Path

import pytest
from graphql import GraphQLSchema, parse, validate

from server.composition.supergraph import compose
from server.platforms.installed import installed
from tests.docs.pages import PAGES, ROOT, blocks, name_of

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
UNLISTED = {"docs/README.md"}


@lru_cache(maxsize=1)
def supergraph() -> GraphQLSchema:
    return compose(installed()).graphql_schema


def _texts(page: Path, language: str) -> list[tuple[str, str]]:
    return [(str(block), block.text) for block in blocks(page) if block.language == language]


def _refused(page: Path) -> list[tuple[str, str]]:
    return [
        (where, error.message)
        for where, text in _texts(page, "graphql")
        for error in validate(supergraph(), parse(text))
    ]


@pytest.mark.parametrize(
    "page", [page for page in PAGES if "a-module-of-your-own" not in page.name], ids=name_of
)
def test_asks_only_what_the_schema_has(page: Path) -> None:
    assert _refused(page) == []


def test_notices_a_field_that_does_not_exist(tmp_path: Path) -> None:
    page = ROOT / "docs" / "README.md"
    schema = supergraph()

    assert validate(schema, parse("{ viewer { shoeSize } }"))[0].message.startswith("Cannot query field")
    assert _refused(page) == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_shows_python_and_json_that_can_be_read(page: Path) -> None:
    for where, text in _texts(page, "python"):
        ast.parse(text, filename=where)
    for where, text in _texts(page, "json"):
        assert json.loads(text) is not None, where


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_to_pages_and_headings_that_exist(page: Path) -> None:
    assert [link for link in _links(page) if not _exists(page, link)] == []


def test_reaches_every_page_from_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    listed = {(index.parent / link.partition("#")[0]).resolve() for link in _links(index)}
    decisions = ROOT / "docs" / "decisions" / "README.md"
    listed |= {(decisions.parent / link).resolve() for link in _links(decisions)}
    pages = {page for page in PAGES if page.is_relative_to(ROOT / "docs")}

    assert {name_of(page) for page in pages - listed} == UNLISTED


def _links(page: Path) -> list[str]:
    text = FENCED.sub("", page.read_text("utf-8"))
    return [link for link in LINK.findall(text) if "://" not in link and not link.startswith("mailto:")]


def _exists(page: Path, link: str) -> bool:
    path, _, heading = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists():
        return False
    return not heading or heading in _headings(target)


def _headings(page: Path) -> set[str]:
    """The anchors that Markdown viewers give the headings."""
    titles = re.findall(r"^#+ (.+)$", FENCED.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}
