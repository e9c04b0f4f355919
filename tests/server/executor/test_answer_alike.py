"""Plans answer as graphql-core does: random schemas, documents, variables and values, good and bad, byte for byte.

`FACET_EXECUTOR_DOCUMENTS` says how many documents to try; each is executed in four worlds.
"""

import gc
import os
import sys
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import orjson
import pytest
from graphql import parse, validate
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from server.executor import Plans, plans
from tests.server.executor.both import Answers, both
from tests.server.executor.random_documents import DocumentMaker
from tests.server.executor.random_schemas import made
from tests.server.executor.random_worlds import World, changed, current

DOCUMENTS = int(os.environ.get("FACET_EXECUTOR_DOCUMENTS", "1300"))
IS_LONG = DOCUMENTS >= 10_000
"""A long run draws anew each time; the short one is the same in every run, so that it fails only for a change."""
SCHEMAS = 250 if IS_LONG else 40
WORLDS = ((0, 0, 0), (0, 0.05, 0.1), (0.02, 0, 0), (0.1, 0.05, 0))
"""How often values are bad, how often unusual, and how often resolvers are broken."""

# graphql-core leaves some of its own coroutines alone when a list beside them fails.
pytestmark = [
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
seen: Counter[str] = Counter()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(plans, "PATIENCE", 10**9)
    yield
    gc.collect()  # or what graphql-core left alone is told of later, in another test


@settings(
    max_examples=DOCUMENTS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    derandomize=not IS_LONG,
)
@given(st.integers(0, 10**12))
async def test_same_bytes_for_random_operations(seed: int) -> None:
    sample = made(seed % SCHEMAS)
    random = Random(seed)
    maker = DocumentMaker(sample.schema._schema, random)
    document = parse(maker.text)
    assume(not validate(sample.schema._schema, document))
    planned = Plans(sample.schema._schema, document, compile_at_use=1)
    for number, (bad, odd, broken) in enumerate(WORLDS):
        current.set(World(sample.module, sample.maker, seed * 10 + number, bad, odd, broken))
        variables = maker.values()

        changed.clear()

        answers = await both(sample.schema, planned, document, variables)

        # Once by each executor, in the same order.
        assert changed[: len(changed) // 2] == changed[len(changed) // 2 :]
        # Errors of one field for several objects are told in the order of these objects. graphql-core tells them in
        # the order in which it happened to stop waiting: it waits more often for two things than for one.
        if answers.found != answers.expected:
            seen["in another order"] += 1
            assert in_order(answers.found) == in_order(answers.expected), (maker.text, variables)
        count(answers, is_plain=not bad and not odd)


def in_order(response: bytes) -> bytes:
    """The response with its errors sorted."""
    content = orjson.loads(response)
    content["errors"].sort(key=orjson.dumps)
    return orjson.dumps(content)


def count(answers: Answers, *, is_plain: bool) -> None:
    seen["cases"] += 1
    seen["answered by a plan"] += answers.outcome.response is not None
    seen["with errors"] += answers.has_errors
    seen["with changes"] += bool(changed)
    seen["with errors and answered by a plan"] += answers.has_errors and answers.outcome.response is not None
    # A resolver of these schemas reads its path, which inside a list is graphql-core's to know.
    reads_path = any("reads its path" in str(failure) for failure in answers.outcome.failures)
    seen["handed over for a path"] += reads_path
    if is_plain and not answers.has_errors and not reads_path:
        seen["plain"] += 1
        seen["plain and answered by a plan"] += answers.outcome.data is not None


def test_most_of_them_were_answered_by_plans(request: Any) -> None:
    """Otherwise the comparison would say nothing."""
    if not seen:
        pytest.skip("the comparison runs before this, in the same process")
    sys.stdout.write(f"{dict(seen)}\n")
    assert seen["handed over for a path"] <= seen["cases"] * 0.1
    assert seen["cases"] >= 3 * DOCUMENTS
    assert seen["answered by a plan"] >= seen["cases"] * 0.4
    assert seen["with errors"] >= seen["cases"] * 0.2
    assert seen["with errors and answered by a plan"] >= seen["with errors"] * 0.35
    assert seen["with changes"] >= seen["cases"] * 0.1
    assert seen["in another order"] <= seen["cases"] * 0.002
    assert seen["plain and answered by a plan"] >= seen["plain"] * 0.95
