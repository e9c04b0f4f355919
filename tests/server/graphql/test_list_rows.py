"""List rows: what a connection makes, and which columns it needs, is what a client asks for."""

from collections import namedtuple
from collections.abc import Sequence
from typing import Any

import pytest
import strawberry
from sqlalchemy import BigInteger, Column, MetaData, String, Table

from server.db.paging import Order, Page
from server.graphql.asked import Asked, asked
from server.graphql.connections import Connection, connection

Row = namedtuple("Row", "id shelf_id title year page_order page_id")
TABLE = Table("book", MetaData(), Column("id", BigInteger), Column("title", String))
BOOKS = [Row(7, 3, "Dune", 1965, "Dune", 7), Row(9, 3, "Emma", 1815, "Emma", 9)]


@strawberry.type
class Book(strawberry.relay.Node):
    id: strawberry.relay.NodeID[int]
    shelf_id: strawberry.Private[int]
    title: str
    first_published: int | None = strawberry.field(name="year", default=None)

    @strawberry.field
    def shelf(self) -> str:
        return f"Shelf {self.shelf_id}"


class CountingOrder(Order):
    """Notes for whom cursors are made."""

    made: list[int]

    def cursor(self, value: Any, id_: int) -> str:
        self.made.append(id_)
        return super().cursor(value, id_)


def page(rows: Sequence[Row] = BOOKS) -> Page[Row]:
    async def count() -> int:
        return 41

    order = CountingOrder("books", TABLE.c.title, TABLE.c.id)
    object.__setattr__(order, "made", [])
    return Page(
        rows=rows,
        places=rows,
        marks=("page_order", "page_id"),
        order=order,
        has_next=True,
        has_previous=False,
        count=count,
    )


shown: list[Asked[Book]] = []


@strawberry.type
class Query:
    @strawberry.field
    def books(self, info: strawberry.Info) -> Connection[Book]:
        found: Asked[Book] = asked(info, Book)
        shown.append(found)
        return connection(info.context, found.of)


SCHEMA = strawberry.Schema(Query)


async def ask(text: str, wanted: Page[Row] | None = None) -> Any:
    result = await SCHEMA.execute(text, context_value=wanted or page())
    assert result.errors is None, result.errors
    assert result.data is not None
    return result.data["books"]


async def test_makes_nodes_without_cursors() -> None:
    wanted = page()

    assert await ask("{ books { nodes { title } } }", wanted) == {
        "nodes": [{"title": "Dune"}, {"title": "Emma"}]
    }
    assert wanted.order.made == []  # type: ignore[attr-defined]


async def test_makes_two_cursors_for_the_place_of_the_page() -> None:
    wanted = page()

    found = await ask("{ books { pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }", wanted)

    assert found["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": False,
        "startCursor": wanted.cursor(0),
        "endCursor": wanted.cursor(1),
    }
    assert wanted.order.made[:2] == [7, 9]  # type: ignore[attr-defined]


async def test_makes_a_cursor_for_each_edge() -> None:
    wanted = page()

    found = await ask("{ books { edges { cursor node { title } } totalCount } }", wanted)

    assert found == {
        "edges": [
            {"cursor": wanted.cursor(0), "node": {"title": "Dune"}},
            {"cursor": wanted.cursor(1), "node": {"title": "Emma"}},
        ],
        "totalCount": 41,
    }


async def test_has_no_cursors_on_an_empty_page() -> None:
    found = await ask(
        "{ books { nodes { title } edges { cursor } pageInfo { startCursor endCursor } } }", page([])
    )

    assert found == {"nodes": [], "edges": [], "pageInfo": {"startCursor": None, "endCursor": None}}


def test_makes_nothing_before_it_is_asked() -> None:
    made = connection(page(), pytest.fail)

    assert made.page_info.has_next_page is True


def test_makes_each_thing_once() -> None:
    made = connection(page(), lambda row: [row])

    assert made.nodes is made.nodes
    assert [edge.node for edge in made.edges] == made.nodes
    assert made.edges is made.edges


KEYS = ("id", "shelf_id")


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("{ books { nodes { title } } }", (*KEYS, "title")),
        ("{ books { nodes { id __typename } } }", KEYS),
        ("{ books { nodes { shelf } } }", KEYS),
        ("{ books { totalCount } }", KEYS),
        ("{ books { nodes { called: title } } }", (*KEYS, "title")),
        ("{ books { nodes { year } } }", (*KEYS, "first_published")),
        ("{ books { edges { node { title } } } }", (*KEYS, "title")),
        ("{ books { nodes { title } all: edges { node { year } } } }", (*KEYS, "title", "first_published")),
        ("{ books { ...B } } fragment B on BookConnection { nodes { ...T } } fragment T on Book { title }",
         (*KEYS, "title")),
        ("{ books { nodes { ... on Node { id } ... on Book { title } } } }", (*KEYS, "title")),
        ("{ books { nodes { id } } books { nodes { title } } }", (*KEYS, "title")),
        ("{ books { nodes { title @skip(if: true) } } }", (*KEYS, "title")),
    ],
)  # fmt: skip
async def test_needs_keys_and_what_is_asked_for(text: str, needed: tuple[str, ...]) -> None:
    shown.clear()
    row: Any = namedtuple("Narrow", needed)(*range(len(needed)))

    await SCHEMA.execute(text, context_value=page([]))

    assert [one.columns for one in shown] == [needed]
    assert vars(shown[0].of(row)) == row._asdict()


async def test_looks_into_a_document_once() -> None:
    shown.clear()

    await ask("{ books { nodes { title } } }")
    await ask("{ books { nodes { title } } }")

    first, second = shown
    assert first is second
