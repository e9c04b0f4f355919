"""What several benchmarks need."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.benchmarks.installation import ROOT, Installation
from tests.benchmarks.peers import PEERS
from tests.benchmarks.peers.installed import CannotInstall, Installed, installed
from tests.benchmarks.pinning import pin_others, unpin
from tests.benchmarks.prepared import prepared


@dataclass(frozen=True)
class Effort:
    """How long each server is loaded for, and how often."""

    rounds: int
    seconds: float


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("benchmarks")
    group.addoption("--rounds", type=int, default=5, help="How often each server has its turn.")
    group.addoption("--seconds", type=float, default=2.0, help="How long a turn takes.")
    group.addoption("--peers", help="Only these peers, by name, with commas between.")
    group.addoption(
        "--data", type=Path, default=ROOT / ".facet" / "benchmarks", help="Where data is kept between runs."
    )


def pytest_report_header() -> str:
    """What the figures depend on first of all: the machine, and how much else it has to do."""
    busy = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    return f"machine: {os.cpu_count()} cores, Python {platform.python_version()}, load before: {busy}"


@pytest.fixture(scope="session")
def effort(pytestconfig: pytest.Config) -> Effort:
    return Effort(pytestconfig.getoption("rounds"), pytestconfig.getoption("seconds"))


@pytest.fixture(scope="session")
def data_folder(pytestconfig: pytest.Config) -> Path:
    folder: Path = pytestconfig.getoption("data")
    return folder


@pytest.fixture(scope="session")
def bench(data_folder: Path) -> Iterator[Installation]:
    """The platforms of `data.py`, on servers that leave a core to the one that is measured."""
    with prepared(data_folder / "data") as installation:
        pin_others(installation.postgres_process(), installation.valkey_process())
        yield installation
        unpin()


@pytest.fixture(scope="session")
def peer_names(pytestconfig: pytest.Config) -> list[str]:
    """Those to compare with."""
    wanted = pytestconfig.getoption("peers")
    return wanted.split(",") if wanted else list(PEERS)


@pytest.fixture(scope="session")
def peers(data_folder: Path) -> Installed:
    """The peers' packages; the test is skipped where they cannot be had."""
    try:
        return installed(data_folder.resolve() / "peers")
    except CannotInstall as error:
        pytest.skip(f"The peers cannot be installed here: {error}")


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The demo's platforms, people and rows on servers of this file's own."""
    with Installation(tmp_path_factory.mktemp("facet")) as installation:
        installation.facet("demo", "--no-serve")
        yield installation
