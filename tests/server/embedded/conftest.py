from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.embedded import EmbeddedPostgres, stop_unused_postgres, stop_unused_valkey
from tests.server.embedded.processes import User, start_postgres


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A short path of its own, whatever the length of pytest's."""
    folder = Path(tempfile.mkdtemp(prefix="facet-"))
    yield folder
    User.kill_all()
    stop_unused_postgres(folder)
    stop_unused_valkey(folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def postgres() -> Iterator[EmbeddedPostgres]:
    folder = Path(tempfile.mkdtemp(prefix="facet-"))
    server = start_postgres(folder)
    yield server
    server.stop()
    shutil.rmtree(folder)
