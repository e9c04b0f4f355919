# mypy: disable-error-code="untyped-decorator"
"""Declare fields that answer for all objects of a level."""

from collections.abc import Sequence
from typing import Any, Union

import pytest
import strawberry
from graphql import parse

from server.composition import KERNEL, ComposedModule, Composer, CompositionError, ViewCache
from server.errors import NotFound
from server.executor import Plans
from server.graphql.batched import batched
from server.graphql.graph import ModuleGraph
from tests.server.executor.both import both, new_context, stock

calls: list[tuple[str, int]] = []


@pytest.fixture(autouse=True)
def no_calls() -> None:
    calls.clear()


@strawberry.type
class Pet:
    name: str

    @batched(description="Its owner.")
    @staticmethod
    async def owner(parents: Sequence["Pet"]) -> Sequence[Union["Owner", NotFound, None]]:
        calls.append(("owner", len(parents)))
        answers: list[Any] = [Owner(name=f"owner of {pet.name}") for pet in parents]
        return [
            NotFound("gone") if pet.name == "lost" else one for pet, one in zip(parents, answers, strict=True)
        ]


@strawberry.type
class Owner:
    name: str

    @batched(description="Its pets.", permission="yes")
    @staticmethod
    async def pets(parents: Sequence["Owner"], info: strawberry.Info, first: int = 2) -> Sequence[list[Pet]]:
        calls.append(("pets", len(parents)))
        return [[Pet(name=f"{owner.name} {n}") for n in range(first)] for owner in parents]

    @batched(description="Fewer than there are owners.")
    @staticmethod
    def forgotten(parents: Sequence["Owner"]) -> Sequence[str | None]:
        return ["one"] * (len(parents) - 1)

    @batched(description="A secret.", permission="no")
    @staticmethod
    def secret(parents: Sequence["Owner"]) -> Sequence[str | None]:
        calls.append(("secret", len(parents)))
        return ["secret" for _ in parents]


@strawberry.type
class Query:
    @strawberry.field
    def owners(self, count: int = 3) -> list[Owner]:
        return [Owner(name=f"o{n}") for n in range(count)]

    @strawberry.field
    def strays(self) -> list[Pet]:
        return [Pet(name="found"), Pet(name="lost")]


SCHEMA = strawberry.Schema(Query)


def guarded() -> Any:
    """The schema with its access rules, as the composer leaves it."""
    from server.graphql.fields import ACCESS
    from server.graphql.guarded import Guarded

    schema = strawberry.Schema(Query)
    for field in schema._schema.type_map["Owner"].fields.values():  # type: ignore[attr-defined]
        access = field.extensions["strawberry-definition"].metadata.get(ACCESS)
        if access is not None:
            field.resolve = Guarded(field.resolve, access)
    return schema


async def answers(text: str, schema: Any = SCHEMA) -> Any:
    document = parse(text)
    found = await both(schema, Plans(schema._schema, document, compile_at_use=1), document)
    assert found.found == found.expected
    return found


async def test_calls_once_for_all_objects_of_each_level() -> None:
    document = parse("{ owners { pets { owner { pets(first: 1) { name } } } } }")
    plans = Plans(SCHEMA._schema, document, compile_at_use=1)

    outcome = await plans.run(None, {}, new_context())

    assert calls == [("pets", 3), ("owner", 6), ("pets", 6)]
    assert outcome.data is not None
    assert outcome.data["owners"][2]["pets"][1]["owner"]["pets"] == [{"name": "owner of o2 1 0"}]


async def test_calls_as_seldom_without_a_plan() -> None:
    result = await stock(SCHEMA, parse("{ owners { pets { owner { pets(first: 1) { name } } } } }"))

    assert result.errors is None
    assert calls == [("pets", 3), ("owner", 6), ("pets", 6)]


async def test_calls_apart_for_other_arguments() -> None:
    text = "{ owners { one: pets(first: 1) { name } two: pets { name } } }"
    found = await answers(text)

    assert found.outcome.data["owners"][0] == {
        "one": [{"name": "o0 0"}],
        "two": [{"name": "o0 0"}, {"name": "o0 1"}],
    }
    assert calls == [("pets", 3), ("pets", 3)] * 2


async def test_does_not_call_for_nobody() -> None:
    found = await answers("{ owners(count: 0) { pets { name } } }")

    assert found.outcome.data == {"owners": []}
    assert calls == []


async def test_makes_an_exception_the_error_of_one() -> None:
    found = await answers("{ strays { name owner { name } } }")

    assert found.has_errors
    assert (
        b'{"name":"found","owner":{"name":"owner of found"}},{"name":"lost","owner":null}' in found.expected
    )
    assert found.expected.count(b'"message"') == 1


async def test_refuses_an_answer_of_another_length() -> None:
    found = await answers("{ owners { forgotten } }")

    assert found.expected.count(b"forgotten answered 2 values for 3 objects") == 3


async def test_checks_the_permission_once_and_before() -> None:
    schema = guarded()
    allowed = await answers("{ owners { pets { name } } }", schema)
    calls.clear()
    refused = await answers("{ owners { secret } }", schema)

    assert not allowed.has_errors
    assert refused.expected.count(b"This needs the permission no") == 3
    assert calls == []


def test_refuses_other_signatures() -> None:
    async def no_parents(info: Any) -> Sequence[int]:
        return []

    async def one_parent(parents: Pet) -> Sequence[int]:
        return []

    async def one_answer(parents: Sequence[Pet]) -> int:
        return 0

    for function, text in ((no_parents, "first parameter"), (one_parent, "first"), (one_answer, "returns")):
        with pytest.raises(TypeError, match=text):
            batched(description="Wrong.")(function)


def test_refuses_parents_of_another_type_and_roots() -> None:
    graph = ModuleGraph("shelter", __name__)

    @graph.extend(Owner)
    class OwnerShelter:
        @batched(description="Wrong.")
        @staticmethod
        async def wrong(parents: Sequence[Pet]) -> Sequence[int]:
            return []

    @graph.query
    class ShelterQuery:
        @batched(description="Wrong.", permission="x")
        @staticmethod
        async def root_field(parents: Sequence[Any]) -> Sequence[Owner]:
            return []

    with pytest.raises(CompositionError) as caught:
        Composer([ComposedModule("shelter", __name__, graph)]).compose()

    texts = [str(problem) for problem in caught.value.problems]
    assert any("Owner.wrong is batched for parents of the type" in text for text in texts)
    assert any("Query.rootField is batched; a root is one object" in text for text in texts)


async def test_reaches_all_types_that_implement_an_interface() -> None:
    graph = ModuleGraph(KERNEL, __name__)

    @strawberry.interface(description="Something with a name.")
    class Named:
        name: str = strawberry.field(description="The name.")

    @strawberry.type(description="A ship.")
    class Ship(Named): ...

    @strawberry.type(description="A port.")
    class Port(Named): ...

    @graph.extend(Named)
    class NamedLength:
        @batched(description="How long its name is.")
        @staticmethod
        async def length(parents: Sequence[Named]) -> Sequence[int]:
            calls.append(("length", len(parents)))
            return [len(one.name) for one in parents]

    from server.graphql.fields import query_field

    @graph.query
    class NamedQuery:
        @query_field(description="All.", public=True)
        def all(self) -> list[Named]:
            return [Ship(name="a"), Port(name="bb"), Ship(name="ccc")]

    graph.type(Ship)
    graph.type(Port)
    view = ViewCache(Composer([ComposedModule(KERNEL, __name__, graph)]).compose(), compile_at_use=1).get(
        frozenset()
    )

    result = await view.execute_document(parse("{ all { length } }"), context=new_context())

    assert (result.data, result.errors) == ({"all": [{"length": 1}, {"length": 2}, {"length": 3}]}, None)
    assert sorted(calls) == [("length", 1), ("length", 2)]
