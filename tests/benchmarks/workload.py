"""What a workload consists of."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

import asyncpg
import orjson

from tests.benchmarks.data import token_of

Data: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """A GraphQL operation with its name, and who asks it on which platform."""

    name: str
    text: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    platform: str = "bench"
    kind: str = "admin"

    @property
    def body(self) -> bytes:
        """The body of the request."""
        return orjson.dumps(
            {"query": self.text, "operationName": self.name, "variables": dict(self.variables)}
        )

    @property
    def token(self) -> str:
        """Who asks."""
        return token_of(self.platform, self.kind)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the hand-written server answers it: inside a transaction that sees the caller's platform."""

    rows: Callable[..., Awaitable[list[asyncpg.Record]]]
    """`await rows(statement, *values)`; the statement is one of the workload's `statements`."""
    platform_id: int
    reach: frozenset[int] | None
    """The merchants the caller may see; None: all of the platform."""
    now: datetime
    variables: Mapping[str, Any]


ByHand: TypeAlias = Callable[[Asked], Awaitable[Data]]


@dataclass(frozen=True)
class Translation:
    """How a peer with a schema of its own is asked, and how its answer becomes everybody's."""

    question: Callable[[Question], Question]
    common: Callable[[Data], Data]


def same(expected: Data, found: Data) -> None:
    """Raises `AssertionError` unless the answers are equal."""
    assert found == expected


@dataclass(frozen=True)
class Workload:
    """Questions that are asked in turn, and everything that depends on them.

    `by_hand` and `statements`: the functions of the hand-written server by the operation's name, and the SQL they
    run. `translations`: for peers that cannot be asked the question as it is, by the peer's name and the operation's.
    `compare` gets the hand-written answer and another one.
    """

    name: str
    title: str
    questions: Sequence[Question]
    by_hand: Mapping[str, ByHand]
    statements: Sequence[str]
    translations: Mapping[tuple[str, str], Translation] = field(default_factory=dict)
    compare: Callable[[Data, Data], None] = same


def outside(kind: str, id_: int) -> str:
    """A global id."""
    return b64encode(b"%b:%d" % (kind.encode(), id_)).decode("ascii")
