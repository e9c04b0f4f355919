"""Each workload beside a server written by hand for exactly these questions."""

from __future__ import annotations

import pytest

from tests.benchmarks.conftest import Effort
from tests.benchmarks.contenders import HEADS, by_hand, compete, facet, plainly, rows
from tests.benchmarks.installation import Installation
from tests.benchmarks.load import CONNECTIONS
from tests.benchmarks.pinning import pinned
from tests.benchmarks.tables import show
from tests.benchmarks.workload import Workload
from tests.benchmarks.workloads import WORKLOADS


@pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS)
def test_limit(bench: Installation, effort: Effort, workload: Workload) -> None:
    with facet(bench) as ours, plainly(bench) as plain, by_hand(bench) as limit:
        contenders = [ours, plain, limit]
        expected = limit.answers(workload)
        ours.check(workload, expected)
        plain.check(workload, expected)
        rounds = compete(contenders, workload, bench, rounds=effort.rounds, seconds=effort.seconds)
    show(
        f"{workload.name}, {workload.title}: {CONNECTIONS} connections, {effort.rounds} interleaved rounds of "
        f"{effort.seconds:g} s, medians",
        HEADS,
        list(rows(contenders, rounds)),
        f"{pinned()} CPU is for one request. All gave the same answers before they were measured.",
    )
