"""What each guard costs: the same question of Facet with all of them, and without one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from statistics import median

from tests.benchmarks.conftest import Effort
from tests.benchmarks.contenders import BY_HAND, Contender, Round, by_hand, compete, facet
from tests.benchmarks.installation import Installation
from tests.benchmarks.pinning import pin_server, pinned
from tests.benchmarks.tables import Cell, show
from tests.benchmarks.unguarded import GUARDS
from tests.benchmarks.workloads import WORKLOADS

WORKLOAD = WORKLOADS["W1"]
MODULE = "tests.benchmarks.unguarded"


def test_prices(bench: Installation, effort: Effort) -> None:
    owner = {"FACET_APP_DATABASE_URL": bench.postgres.owner_url}
    with ExitStack() as stack:
        whole = stack.enter_context(facet(bench))
        contenders = [whole]
        for guard in (*GUARDS, ",".join(GUARDS)):
            name = "all of these" if "," in guard else guard
            contenders.append(stack.enter_context(_server(bench, f"without {name}", MODULE, guard)))
        contenders.append(
            stack.enter_context(_server(bench, "without row-level security", "server", "serve", env=owner))
        )
        contenders.append(stack.enter_context(by_hand(bench)))
        name = f"{BY_HAND}, without row-level security"
        contenders.append(stack.enter_context(_server(bench, name, "tests.benchmarks.limit", env=owner)))
        expected = whole.answers(WORKLOAD)
        for contender in contenders:
            contender.check(WORKLOAD, expected)
        rounds = compete(contenders, WORKLOAD, bench, rounds=effort.rounds, seconds=effort.seconds)
    show(
        f"What guards cost, {WORKLOAD.name}, CPU for one request in ms, medians of {effort.rounds} rounds of "
        f"{effort.seconds:g} s",
        ("server", "requests/s", "CPU", "PostgreSQL CPU", "price", "price in PostgreSQL"),
        list(_rows(contenders, rounds)),
        f"{pinned()} A price is the difference to the server with everything in the same round.",
    )


@contextmanager
def _server(
    installation: Installation, name: str, *command: str, env: Mapping[str, str] | None = None
) -> Iterator[Contender]:
    with installation.serve(*command, env=env) as serving:
        pin_server(serving.process)
        yield Contender(name, serving)


def _rows(contenders: list[Contender], rounds: list[list[Round]]) -> Iterator[tuple[Cell, ...]]:
    whole = 0
    for place, contender in enumerate(contenders):
        if contender.name == BY_HAND:
            whole = place
        own = [row[place] for row in rounds]
        yield (
            contender.name,
            median(r.load.requests_per_second for r in own),
            median(r.cpu for r in own),
            median(r.postgres_cpu for r in own),
            median(row[whole].cpu - row[place].cpu for row in rounds),
            median(row[whole].postgres_cpu - row[place].postgres_cpu for row in rounds),
        )
