"""The same questions on an installation with a hundred times as many merchants."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from tests.benchmarks.conftest import Effort
from tests.benchmarks.contenders import facet
from tests.benchmarks.data import MANY_MERCHANTS, MERCHANTS
from tests.benchmarks.installation import Installation
from tests.benchmarks.pinning import pin_others, pinned
from tests.benchmarks.prepared import prepared
from tests.benchmarks.tables import show
from tests.benchmarks.workload import Workload
from tests.benchmarks.workloads import WORKLOADS


@pytest.fixture(scope="module")
def large(data_folder: Path) -> Iterator[Installation]:
    """With many merchants, of which only the first are as large as those of `bench`."""
    with prepared(data_folder / "large", MANY_MERCHANTS) as installation:
        pin_others(installation.postgres_process(), installation.valkey_process())
        yield installation


@pytest.mark.parametrize("workload", [WORKLOADS["W1"], WORKLOADS["W2"]], ids=["W1", "W2"])
def test_growth(bench: Installation, large: Installation, effort: Effort, workload: Workload) -> None:
    with facet(bench) as few, facet(large) as many:
        contenders = [(bench, few), (large, many)]
        many.check(workload, few.answers(workload))
        for installation, contender in contenders:
            contender.round(contender.requests(workload), installation, 2 * effort.seconds)
        rounds = [
            [c.round(c.requests(workload), i, effort.seconds) for i, c in contenders]
            for _ in range(effort.rounds)
        ]
    rows = []
    for place, merchants in enumerate((MERCHANTS, MANY_MERCHANTS)):
        shares = [
            100 * (row[place].cpu + row[place].postgres_cpu) / (row[0].cpu + row[0].postgres_cpu)
            for row in rounds
        ]
        rows.append(
            (
                f"{merchants:,}",
                median(row[place].load.requests_per_second for row in rounds),
                median(row[place].load.p99 for row in rounds),
                median(row[place].cpu for row in rounds),
                median(row[place].postgres_cpu for row in rounds),
                *(median(shares), min(shares), max(shares)),
            )
        )
    show(
        f"{workload.name}, {workload.title}, by the number of merchants: medians of {effort.rounds} rounds of "
        f"{effort.seconds:g} s",
        (
            *("merchants", "requests/s", "p99, ms", "CPU, ms", "PostgreSQL CPU, ms"),
            *("CPU of both, %", "lowest", "highest"),
        ),
        rows,
        f"{pinned()} CPU is for one request. Both installations gave the same answers before they were measured.",
    )
