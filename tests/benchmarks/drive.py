"""Load on a server that runs already, to watch or profile it meanwhile.

python -m tests.benchmarks.drive <port> <workload> [<seconds>] [<connections>]
"""

from __future__ import annotations

import sys

import psutil

from tests.benchmarks.contenders import Contender
from tests.benchmarks.installation import Serving
from tests.benchmarks.load import CONNECTIONS, load
from tests.benchmarks.workloads import WORKLOADS


def main(port: str, workload: str, seconds: str = "5", connections: str = str(CONNECTIONS)) -> None:
    """Write what came of it."""
    contender = Contender("", Serving(int(port), psutil.Process()))
    contender.answers(WORKLOADS[workload])
    requests = contender.requests(WORKLOADS[workload])
    result = load(int(port), requests, seconds=float(seconds), connections=int(connections))
    sys.stdout.write(
        f"{workload}: {result.requests_per_second:,.0f} requests/s, p50 {result.p50:.1f} ms, p99 {result.p99:.1f} ms\n"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
