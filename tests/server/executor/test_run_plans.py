# mypy: disable-error-code="untyped-decorator"
"""Run queries by plans: when one is made, what it hands over, and what it leaves behind."""

import gc
from asyncio import CancelledError, Event, create_task, sleep
from collections.abc import AsyncIterator
from typing import Any

import pytest
import strawberry
from graphql import parse

from server.executor import Plans
from server.executor.plans import MOST_VARIANTS, PATIENCE, REST
from server.executor.selection import MOST_FIELDS
from tests.server.executor.both import both, new_context, stock

log: list[str] = []


@pytest.fixture(autouse=True)
def no_log() -> None:
    log.clear()


@strawberry.type
class Thing:
    name: str
    size: int | None = None

    @strawberry.field
    async def slowly(self) -> str:
        log.append(f"begin {self.name}")
        await sleep(0)
        log.append(f"end {self.name}")
        return self.name

    @strawberry.field
    async def failing(self) -> str:
        log.append(f"fail {self.name}")
        raise ValueError(self.name)

    @strawberry.field
    async def itself(self) -> "Thing":
        return self


@strawberry.type
class Query:
    @strawberry.field
    def things(self, sizes: list[int] | None = None) -> list[Thing]:
        return [Thing(name=f"t{size}", size=size) for size in sizes or (1, 2)]

    @strawberry.field
    def generated(self) -> list[Thing]:
        return (Thing(name=name) for name in "ab")  # type: ignore[return-value]

    @strawberry.field
    def thing(self, size: int = 2**40) -> Thing:
        return Thing(name="one", size=size)


@strawberry.type
class Mutation:
    @strawberry.mutation
    def rename(self) -> Thing:
        log.append("renamed")
        return Thing(name="new")


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def renamed(self) -> AsyncIterator[Thing]:
        log.append("subscribed")
        yield Thing(name="new")


SCHEMA = strawberry.Schema(Query, Mutation, Subscription)


def plans_for(text: str, use: int = 1) -> Plans:
    return Plans(SCHEMA._schema, parse(text), compile_at_use=use)


async def run(plans: Plans, **variables: Any) -> Any:
    return await plans.run(None, variables, new_context())


async def test_compiles_at_the_use_that_was_said() -> None:
    plans, never = plans_for("{ things { name } }", use=3), plans_for("{ things { name } }", use=0)

    assert [(await run(plans)).data is not None for _ in range(4)] == [False, False, True, True]
    assert [(await run(never)).data for _ in range(4)] == [None] * 4
    assert len(plans.source()) == 1


@pytest.mark.parametrize(
    "text",
    [
        "subscription { renamed { name } }",
        "{ __schema { queryType { name } } }",
        '{ __type(name: "Thing") { name } }',
        "query @unknown { things { name } }",
        "{ things { name @unknown } }",
        "query A { things { name } } query B { things { name } }",
    ],
)
async def test_leaves_alone_what_it_does_not_cover(text: str) -> None:
    outcome = await run(plans_for(text))

    assert (outcome.data, outcome.failures, log) == (None, (), [])


async def test_makes_a_plan_for_each_outcome_of_skip_and_include_up_to_a_limit() -> None:
    names = [f"v{n}" for n in range(4)]
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"{name}: name @include(if: ${name})" for name in names)
    text = f"query ({declared}) {{ things {{ __typename {fields} }} }}"
    plans = plans_for(text)

    found = []
    for number in range(16):
        variables = {name: bool(number & 1 << place) for place, name in enumerate(names)}
        outcome = await run(plans, **variables)
        expected = await stock(SCHEMA, parse(text), variables)
        found.append(outcome.data is not None)
        assert outcome.data in (None, expected.data)

    assert found == [True] * MOST_VARIANTS + [False] * (16 - MOST_VARIANTS)


async def test_refuses_to_compile_what_is_too_large() -> None:
    fields = " ".join(f"a{n}: name" for n in range(MOST_FIELDS + 1))

    outcome = await run(plans_for(f"{{ things {{ {fields} }} }}"))

    assert (outcome.data, outcome.failures) == (None, ())


async def test_answers_however_deep_it_is_nested() -> None:
    text = "{ thing(size: 1) " + "{ itself " * 40 + "{ name }" + " }" * 40 + " }"
    document = parse(text)

    answers = await both(SCHEMA, Plans(SCHEMA._schema, document, compile_at_use=1), document)

    assert answers.found == answers.expected
    assert answers.outcome.data is not None


async def test_goes_past_a_plan_that_keeps_being_surprised() -> None:
    plans = plans_for("{ generated { itself { name } } }")

    tried = [bool((await run(plans)).failures) for _ in range(PATIENCE + REST + 2)]

    assert tried == [True] * PATIENCE + [False] * REST + [True, False]


async def test_has_every_call_ended_before_it_hands_over() -> None:
    outcome = await run(plans_for("{ things { slowly failing } }"))

    assert outcome.response is None
    assert [str(failure) for failure in outcome.failures][1:] == ["t1", "t2"]
    assert sorted(log) == ["begin t1", "begin t2", "end t1", "end t2", "fail t1", "fail t2"]


@pytest.mark.filterwarnings("error")
async def test_leaves_no_coroutine_behind() -> None:
    for text in (
        "{ things { slowly size } thing { slowly size } }",
        "{ things { failing itself { slowly } } }",
    ):
        await run(plans_for(text))
    gc.collect()


async def test_shares_no_value_of_a_variable_between_runs() -> None:
    seen: list[Any] = []

    @strawberry.type
    class Greedy:
        @strawberry.field
        def taken(self, sizes: list[int]) -> int:
            seen.append(list(sizes))
            sizes.append(99)
            return len(sizes)

    schema = strawberry.Schema(Greedy)
    document = parse("query ($sizes: [Int!]! = [1]) { a: taken(sizes: $sizes) b: taken(sizes: [5]) }")
    plans = Plans(schema._schema, document, compile_at_use=1)
    for _ in range(2):
        assert (await plans.run(None, {}, new_context())).data == {"a": 2, "b": 2}

    assert seen == [[1], [5], [1], [5]]


async def test_puts_no_text_of_a_client_into_code() -> None:
    text = 'query ($size: Int = 7, $x: String = "EVIL") { things(sizes: [12345]) { name } thing(size: $size) { size } }'
    plans = plans_for(text)

    outcome = await run(plans)

    assert outcome.data == {"things": [{"name": "t12345"}], "thing": {"size": 7}}
    (source,) = plans.source()
    assert "12345" not in source
    assert "EVIL" not in source


async def test_a_cancelled_run_ends_its_calls() -> None:
    started, ended = Event(), Event()

    @strawberry.type
    class Waiting:
        @strawberry.field
        async def forever(self) -> int:
            started.set()
            try:
                await Event().wait()
            finally:
                ended.set()
            return 1

        @strawberry.field
        async def also(self) -> int:
            await Event().wait()
            return 1

    schema = strawberry.Schema(Waiting)
    plans = Plans(schema._schema, parse("{ forever also }"), compile_at_use=1)
    task = create_task(plans.run(None, {}, new_context()))
    await started.wait()

    task.cancel()
    with pytest.raises(CancelledError):
        await task

    assert ended.is_set()
