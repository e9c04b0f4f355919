"""The servers that are compared, each asked in its own words and in its turn."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any, TypeAlias

import orjson

from tests.benchmarks.asking import Connection, Target
from tests.benchmarks.installation import Installation, Serving
from tests.benchmarks.load import Load, load
from tests.benchmarks.pinning import pin_server
from tests.benchmarks.tables import Cell
from tests.benchmarks.workload import Question, Workload

FACET, BY_HAND, PLAINLY = "Facet", "by hand", "by hand, plainly"
HEADS = (
    *("server", "requests/s", "p50, ms", "p99, ms", "CPU, ms", "PostgreSQL CPU, ms"),
    *("of by hand, %", "lowest", "highest"),
)


@dataclass(frozen=True)
class Round:
    """A stretch of load; processor time in milliseconds for each request."""

    load: Load
    cpu: float
    postgres_cpu: float


@dataclass(frozen=True)
class Contender:
    """A server under test."""

    name: str
    serving: Serving
    path: str = "/graphql"

    def requests(self, workload: Workload) -> list[bytes]:
        """The whole HTTP requests."""
        return [self._request(self._question(workload, question)) for question in workload.questions]

    def check(self, workload: Workload, expected: Sequence[Any]) -> None:
        """Ask each question once; raises `AssertionError` unless the answers are the expected ones."""
        for answer, wanted in zip(self.answers(workload), expected, strict=True):
            workload.compare(wanted, answer)

    def answers(self, workload: Workload) -> list[Any]:
        """The data of an answer to each question, in the common form."""
        return [asyncio.run(self._answer(workload, question)) for question in workload.questions]

    def round(
        self, requests: Sequence[bytes], installation: Installation, seconds: float, status: int = 200
    ) -> Round:
        """Load for that long, with nothing else going on."""
        gc.collect()
        cpu, postgres_cpu = self.serving.cpu(), installation.postgres_cpu()
        result = load(self.serving.port, requests, seconds=seconds, status=status)
        used, postgres_used = self.serving.cpu() - cpu, installation.postgres_cpu() - postgres_cpu
        return Round(result, used / result.requests * 1000, postgres_used / result.requests * 1000)

    async def _answer(self, workload: Workload, question: Question) -> Any:
        connection = await Connection.to(self.serving.port)
        status, body = await connection.send(self._request(self._question(workload, question)))
        connection.close()
        assert status == 200, (self.name, body)
        answer = orjson.loads(body)
        assert not answer.get("errors"), (self.name, body[:2_000])
        translation = workload.translations.get((self.name, question.name))
        return translation.common(answer["data"]) if translation else answer["data"]

    def _question(self, workload: Workload, question: Question) -> Question:
        translation = workload.translations.get((self.name, question.name))
        return translation.question(question) if translation else question

    def _request(self, question: Question) -> bytes:
        return Target(self.serving.port, question.token, self.path).request(question.body)


Starter: TypeAlias = AbstractContextManager[Contender]


@contextmanager
def facet(installation: Installation) -> Iterator[Contender]:
    """`facet serve`."""
    with installation.serve() as serving:
        pin_server(serving.process)
        yield Contender(FACET, serving)


@contextmanager
def by_hand(installation: Installation) -> Iterator[Contender]:
    """The server of `limit.py`."""
    with installation.serve("tests.benchmarks.limit") as serving:
        pin_server(serving.process)
        yield Contender(BY_HAND, serving)


@contextmanager
def plainly(installation: Installation) -> Iterator[Contender]:
    """The server of `limit_plain.py`."""
    with installation.serve("tests.benchmarks.limit_plain") as serving:
        pin_server(serving.process)
        yield Contender(PLAINLY, serving)


def compete(
    contenders: Sequence[Contender],
    workload: Workload,
    installation: Installation,
    *,
    rounds: int,
    seconds: float,
) -> list[list[Round]]:
    """The rounds, each with what every contender did in it. A contender warms up for two rounds' time first: code
    that is compiled when used often, and connections to PostgreSQL, whose first dozen statements are slow."""
    requests = [contender.requests(workload) for contender in contenders]
    for contender, asked in zip(contenders, requests, strict=True):
        contender.round(asked, installation, 2 * seconds)
    return [
        [
            contender.round(asked, installation, seconds)
            for contender, asked in zip(contenders, requests, strict=True)
        ]
        for _ in range(rounds)
    ]


def rows(contenders: Sequence[Contender], rounds: Sequence[Sequence[Round]]) -> Iterator[tuple[Cell, ...]]:
    """A row for each contender under `HEADS`. Shares are taken within each round."""
    limit = next(place for place, contender in enumerate(contenders) if contender.name == BY_HAND)
    for place, contender in enumerate(contenders):
        own = [row[place] for row in rounds]
        shares = [
            100 * row[place].load.requests_per_second / row[limit].load.requests_per_second for row in rounds
        ]
        yield (
            contender.name,
            median(r.load.requests_per_second for r in own),
            median(r.load.p50 for r in own),
            median(r.load.p99 for r in own),
            median(r.cpu for r in own),
            median(r.postgres_cpu for r in own),
            *(median(shares), min(shares), max(shares)),
        )
