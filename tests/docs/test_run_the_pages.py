"""Do what a page says, step by step, on the demo data; get the answers it shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from server.embedded import EmbeddedPostgres, create_database, drop_database
from server.embedded.databases import DatabaseUrls
from server.embedded.servers import Servers
from tests.docs.pages import PAGES, Block, blocks, name_of
from tests.docs.workshop import Workshop

RUNNABLE = [page for page in PAGES if any("run" in block.words for block in blocks(page))]


@pytest.fixture(scope="module")
def demo(
    postgres: EmbeddedPostgres, servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A database as `facet demo` leaves it."""
    name = f"test_demo_{uuid4().hex[:12]}"
    workshop = Workshop.open(
        tmp_path_factory.mktemp("demo"), environment(create_database(postgres, name), servers)
    )
    said = workshop.facet("demo", "--no-serve")
    assert "Sign in as one of these, password facet-demo:" in said, said
    yield name
    drop_database(postgres, name)


@pytest.fixture
def workshop(postgres: EmbeddedPostgres, servers: Servers, demo: str, tmp_path: Path) -> Iterator[Workshop]:
    """A copy of that database, and a checkout."""
    name = f"test_docs_{uuid4().hex[:12]}"
    workshop = Workshop.open(tmp_path, environment(create_database(postgres, name, template=demo), servers))
    yield workshop
    workshop.close()
    drop_database(postgres, name)


def environment(urls: DatabaseUrls, servers: Servers) -> dict[str, str]:
    return {
        "DATABASE_URL": urls.owner_url,
        "FACET_APP_DATABASE_URL": urls.app_url,
        "REDIS_URL": servers.redis_url,
    }


@pytest.mark.parametrize("page", RUNNABLE, ids=name_of)
def test_answers_as_the_page_says(page: Path, workshop: Workshop) -> None:
    workshop.take(blocks(page))


def test_notices_an_answer_that_is_not_given(workshop: Workshop, tmp_path: Path) -> None:
    steps = [
        Block(PAGES[0], 1, "graphql", ("run",), "{ viewer { modules } }"),
        Block(PAGES[0], 2, "json", ("answer",), '{"data": {"viewer": {"modules": ["tenancy"]}}}'),
    ]

    with pytest.raises(AssertionError, match="is not what was answered"):
        workshop.take(steps)


def test_runs_the_pages_that_a_newcomer_reads_first() -> None:
    first = {"README.md", "docs/tutorial/1-first-steps.md", "docs/tutorial/2-a-module-of-your-own.md"}

    assert first <= {name_of(page) for page in RUNNABLE}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_marks_blocks_with_words_that_mean_something(page: Path) -> None:
    words = {word.partition("=")[0] for block in blocks(page) for word in block.words}
    marked = [block for block in blocks(page) if "answer" in block.words or _is_step(block)]

    assert words <= {"run", "answer", "append", "write", "as", "on"}
    assert marked == [] or _is_step(marked[0])


def _is_step(block: Block) -> bool:
    return "run" in block.words or bool(block.value("append") or block.value("write"))
