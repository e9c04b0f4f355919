"""Each workload beside other GraphQL servers, and beside the server written by hand."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.benchmarks.conftest import Effort
from tests.benchmarks.contenders import HEADS, by_hand, compete, facet, rows
from tests.benchmarks.installation import Installation
from tests.benchmarks.load import CONNECTIONS
from tests.benchmarks.peers import PEERS
from tests.benchmarks.peers.installed import Installed
from tests.benchmarks.pinning import pinned
from tests.benchmarks.tables import show
from tests.benchmarks.workload import Workload
from tests.benchmarks.workloads import WORKLOADS


@pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS)
def test_peers(
    bench: Installation, peers: Installed, peer_names: list[str], effort: Effort, workload: Workload
) -> None:
    with ExitStack() as stack:
        limit = stack.enter_context(by_hand(bench))
        contenders = [stack.enter_context(facet(bench))]
        contenders += [stack.enter_context(PEERS[name](peers, bench)) for name in peer_names]
        expected = limit.answers(workload)
        for contender in contenders:
            contender.check(workload, expected)
        contenders.append(limit)
        rounds = compete(contenders, workload, bench, rounds=effort.rounds, seconds=effort.seconds)
    show(
        f"{workload.name}, {workload.title}: {CONNECTIONS} connections, {effort.rounds} interleaved rounds of "
        f"{effort.seconds:g} s, medians",
        HEADS,
        list(rows(contenders, rounds)),
        f"{pinned()} CPU is for one request. All gave the same answers before they were measured.",
    )
