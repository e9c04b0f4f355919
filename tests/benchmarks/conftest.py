"""What several benchmarks need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.benchmarks.installation import Installation


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The demo's platforms, people and rows on servers of this file's own."""
    with Installation(tmp_path_factory.mktemp("facet")) as installation:
        installation.facet("demo", "--no-serve")
        yield installation
