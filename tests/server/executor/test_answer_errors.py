# mypy: disable-error-code="untyped-decorator"
"""Answer errors from a plan: graphql-core's words, places and nulls, and nothing is called a second time."""

from collections.abc import Sequence
from typing import Any

import asyncpg
import pytest
import strawberry
from graphql import parse
from sqlalchemy.exc import DBAPIError

from server.composition import SchemaView
from server.db.failures import ConnectionLost
from server.errors import NotFound, ServiceUnavailable, TimedOut
from server.executor import Plans
from server.graphql.batched import batched
from tests.server.executor.both import both, new_context

calls: list[str] = []


@pytest.fixture(autouse=True)
def no_calls() -> None:
    calls.clear()


@strawberry.type
class Shelf:
    name: str
    width: int = 1
    label: str | None = None

    @batched(description="May fail.")
    @staticmethod
    async def books(parents: Sequence["Shelf"]) -> Sequence[int | None]:
        calls.append(f"books of {len(parents)}")
        raise NotFound("no books")

    @batched(description="Fails for one.")
    @staticmethod
    async def notes(parents: Sequence["Shelf"]) -> Sequence[str | None]:
        calls.append("notes")
        return [KeyError("b") if shelf.name == "b" else shelf.name for shelf in parents]  # type: ignore[misc]

    @strawberry.field
    async def always(self) -> str:
        calls.append(f"always {self.name}")
        if self.name == "b":
            raise ValueError("never")
        return "here"

    @batched(description="Takes all the time there is.")
    @staticmethod
    async def slow(parents: Sequence["Shelf"]) -> Sequence[str | None]:
        calls.append("slow")
        raise TimedOut("too slow")

    @strawberry.field
    async def slower(self) -> str | None:
        calls.append("slower")
        raise TimedOut("too slow")

    @strawberry.field
    async def beneath(self) -> "Shelf":
        return Shelf(name=f"{self.name}'")


@strawberry.type
class Query:
    @strawberry.field
    def shelves(self) -> list[Shelf]:
        return [Shelf(name=name) for name in "abc"]

    @strawberry.field
    def optional(self) -> list[Shelf | None] | None:
        return [Shelf(name="a"), Shelf(name="b", width=None), None, Shelf(name="c")]  # type: ignore[arg-type]

    @strawberry.field
    def shelf(self, width: int | None = None) -> Shelf | None:
        return Shelf(name="b", width=width)  # type: ignore[arg-type]

    @strawberry.field
    def lost(self) -> str | None:
        calls.append("lost")
        raise ConnectionLost

    @strawberry.field
    async def cancelled(self) -> str | None:
        calls.append("cancelled")
        raise DBAPIError("SELECT", {}, asyncpg.QueryCanceledError("too long"))

    @strawberry.field
    def unclear(self) -> list[Shelf] | None:
        return (Shelf(name=name) for name in "ab")  # type: ignore[return-value]


SCHEMA = strawberry.Schema(Query)


async def answered(text: str) -> Any:
    document = parse(text)
    found = await both(SCHEMA, Plans(SCHEMA._schema, document, compile_at_use=1), document)
    assert found.found == found.expected
    assert found.outcome.response is not None, found.outcome.failures
    return found.outcome.response


def places(response: Any) -> list[Any]:
    return [error.path for error in response.errors]


async def test_an_error_of_all_is_told_for_each_in_order() -> None:
    response = await answered("{ shelves { name books } }")

    assert places(response) == [["shelves", n, "books"] for n in range(3)]
    assert response.data["shelves"][2] == {"name": "c", "books": None}
    assert calls == ["books of 3"] * 2  # once by each executor


async def test_an_exception_in_place_of_a_value_is_the_error_of_that_one() -> None:
    response = await answered("{ shelves { n: notes } }")

    assert places(response) == [["shelves", 1, "n"]]
    assert isinstance(response.errors[0].original_error, KeyError)
    assert response.data == {"shelves": [{"n": "a"}, {"n": None}, {"n": "c"}]}


async def test_an_error_where_no_null_may_be_takes_what_is_above() -> None:
    response = await answered("{ shelf { beneath { name } always } optional { name } }")

    assert places(response) == [["shelf", "always"]]
    assert response.data["shelf"] is None
    assert len(response.data["optional"]) == 4


async def test_an_error_without_anything_above_takes_the_whole_response() -> None:
    response = await answered("{ shelves { always } }")

    assert (response.data, places(response)) == (None, [["shelves", 1, "always"]])


@pytest.mark.parametrize("more", ["", "beneath { name }"])
async def test_a_missing_value_takes_its_object(more: str) -> None:
    response = await answered(f"{{ optional {{ name width {more} }} }}")

    assert places(response) == [["optional", 1, "width"]]
    assert "Cannot return null for non-nullable field Shelf.width." in response.errors[0].message
    assert [shelf and shelf["name"] for shelf in response.data["optional"]] == ["a", None, None, "c"]


async def test_an_argument_that_does_not_convert_is_an_error_of_its_field() -> None:
    document = parse("query ($w: Int) { shelf(width: $w) { width } lost: __typename }")
    found = await both(SCHEMA, Plans(SCHEMA._schema, document, compile_at_use=1), document, {"w": None})

    assert found.found == found.expected
    assert found.outcome.response is not None


async def test_leaves_it_to_graphql_core_which_of_several_fields_failed_first() -> None:
    document = parse("{ shelves { books notes } }")
    found = await both(SCHEMA, Plans(SCHEMA._schema, document, compile_at_use=1), document)

    assert found.found == found.expected
    assert found.outcome.response is None


async def test_what_took_all_its_time_is_not_asked_again() -> None:
    plans = Plans(SCHEMA._schema, parse("{ shelf(width: 1) { slow slower name } }"), compile_at_use=1)

    outcome = await plans.run(None, {}, new_context())

    assert sorted(calls) == ["slow", "slower"]
    assert outcome.response is not None
    assert outcome.data == {"shelf": {"slow": None, "slower": None, "name": "b"}}
    assert sorted(str(path[1]) for path in places(outcome.response)) == ["slow", "slower"]


@pytest.mark.parametrize("field", ["lost", "cancelled", "shelf(width: 1) { slow }"])
async def test_not_even_when_graphql_core_would_have_to(field: str) -> None:
    view = _view()
    with pytest.raises((TimedOut, ServiceUnavailable)):
        await view.execute_document(
            parse(f"{{ {field} unclear {{ beneath {{ name }} }} }}"), context=new_context()
        )

    assert len(calls) == 1


def _view() -> Any:
    """As much of a view as executing takes."""
    view: Any = SchemaView.__new__(SchemaView)
    view.__dict__.update(SCHEMA.__dict__, compile_at_use=1, budget=None)
    return view
