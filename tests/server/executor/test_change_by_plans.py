# mypy: disable-error-code="untyped-decorator"
"""Run mutations by plans: each field once, one after the other, whatever happens to what is selected below."""

from asyncio import sleep
from typing import Any

import pytest
import strawberry
from graphql import parse

from server.executor import Plans
from tests.server.executor.both import new_context, stock, written

log: list[str] = []


@pytest.fixture(autouse=True)
def no_log() -> None:
    log.clear()


@strawberry.type
class Item:
    name: str
    size: int | None = None

    @strawberry.field
    async def seen(self) -> str:
        log.append(f"seen {self.name}")
        await sleep(0)
        return self.name

    @strawberry.field
    async def failing(self) -> str | None:
        raise ValueError(self.name)

    @strawberry.field
    async def also_failing(self) -> str | None:
        raise KeyError(self.name)

    @strawberry.field
    def odd(self) -> list[int]:
        return (number for number in range(2))  # type: ignore[return-value]

    @strawberry.field
    async def awkward(self) -> list["Item"]:
        return (Item(name=name) for name in "ab")  # type: ignore[return-value]


@strawberry.type
class Query:
    size: int = 1


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def add(self, name: str) -> Item:
        log.append(f"begin {name}")
        await sleep(0)
        log.append(f"end {name}")
        return Item(name=name)

    @strawberry.mutation
    def maybe(self, name: str) -> Item | None:
        log.append(f"maybe {name}")
        if name == "refused":
            raise ValueError("refused")
        return Item(name=name)

    @strawberry.mutation
    def must(self) -> Item:
        log.append("must")
        raise ValueError("must not")


SCHEMA = strawberry.Schema(Query, Mutation)
ADDED = ["begin x", "end x"]


async def run(text: str) -> Any:
    """The plan's response, after comparing it with graphql-core's; `log` is the plan's."""
    document = parse(text)
    expected = await stock(SCHEMA, document)
    log.clear()
    outcome = await Plans(SCHEMA._schema, document, compile_at_use=1).run(None, {}, new_context())
    assert outcome.response is not None
    assert written(outcome.response) == written(expected)
    return outcome.response


async def test_one_field_after_the_other_with_all_that_is_below() -> None:
    response = await run('mutation { a: add(name: "x") { seen } __typename b: add(name: "y") { name } }')

    assert log == [*ADDED, "seen x", "begin y", "end y"]
    assert list(response.data) == ["a", "__typename", "b"]


async def test_an_error_leaves_the_other_fields_alone() -> None:
    response = await run(
        'mutation { a: maybe(name: "refused") { seen } b: maybe(name: "y") { failing name } }'
    )

    assert log == ["maybe refused", "maybe y"]
    assert response.data == {"a": None, "b": {"failing": None, "name": "y"}}
    assert [error.path for error in response.errors] == [["a"], ["b", "failing"]]


async def test_an_error_that_takes_everything_ends_it() -> None:
    response = await run(
        'mutation { a: maybe(name: "x") { name } must { name } b: maybe(name: "y") { name } }'
    )

    assert log == ["maybe x", "must"]
    assert response.data is None


@pytest.mark.parametrize(
    "below", ["failing alsoFailing", "odd", "awkward { name seen }", "seen failing alsoFailing"]
)
async def test_never_changes_twice_when_the_selection_is_surprising(below: str) -> None:
    await run(f'mutation {{ a: add(name: "x") {{ {below} }} b: add(name: "y") {{ name }} }}')

    assert [entry for entry in log if not entry.startswith("seen")] == [*ADDED, "begin y", "end y"]


async def test_a_variable_that_does_not_fit_changes_nothing() -> None:
    document = parse("mutation ($name: String!) { add(name: $name) { name } }")

    outcome = await Plans(SCHEMA._schema, document, compile_at_use=1).run(None, {}, new_context())

    assert (outcome.response, log) == (None, [])
