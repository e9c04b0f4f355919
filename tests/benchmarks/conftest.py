"""What several benchmarks need."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator

import pytest

from tests.benchmarks.installation import Installation


def pytest_report_header() -> str:
    """What the figures depend on first of all: the machine, and how much else it has to do."""
    busy = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    return f"machine: {os.cpu_count()} cores, Python {platform.python_version()}, load before: {busy}"


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The demo's platforms, people and rows on servers of this file's own."""
    with Installation(tmp_path_factory.mktemp("facet")) as installation:
        installation.facet("demo", "--no-serve")
        yield installation
