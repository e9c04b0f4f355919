"""Relay connections over keyset pages."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, Generic, TypeVar

import strawberry

from server.db.paging import Page
from server.graphql.fields import field

Node = TypeVar("Node")


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether items follow this page.")
    has_previous_page: bool = strawberry.field(description="Whether items precede this page.")
    start_cursor: str | None = strawberry.field(
        description="Cursor of the first item; null on an empty page."
    )
    end_cursor: str | None = strawberry.field(
        description="Cursor of the last item: pass it as `after` to page on; null on an empty page."
    )


@strawberry.type(description="An item of a list with its cursor.")
class Edge(Generic[Node]):
    cursor: str = strawberry.field(description="Marks the item's place in the list.")
    node: Node = strawberry.field(description="The item.")


class Asked(Generic[Node]):
    """What a connection holds, each made when it is read first: clients seldom ask for all of it."""

    page: Page[Any]
    to_node: Callable[[Any], Node]

    @cached_property
    def nodes(self) -> list[Node]:
        if self.page.written is not None:
            return self.page.written  # type: ignore[return-value]  # a plan takes it as the list it is of
        return list(map(self.to_node, self.page.rows))

    @cached_property
    def edges(self) -> list[Edge[Node]]:
        cursors = self.page.cursors
        return [Edge(cursor=cursor, node=node) for cursor, node in zip(cursors, self.nodes, strict=True)]

    @cached_property
    def page_info(self) -> PageInfo:
        page = self.page
        return PageInfo(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=page.cursor(0) if page.rows else None,
            end_cursor=page.cursor(-1) if page.rows else None,
        )


@strawberry.type(description="One page of a list.")
class Connection(Asked[Node]):
    # Declared for the schema; a dataclass leaves no attribute of its own behind, so `Asked` answers.
    edges: list[Edge[Node]] = strawberry.field(description="The items of the page with their cursors.")
    nodes: list[Node] = strawberry.field(description="The items of the page.")
    page_info: PageInfo = strawberry.field(description="Where the page stands in the list.")

    def __init__(self, page: Page[Any], to_node: Callable[[Any], Node]) -> None:
        self.page, self.to_node = page, to_node

    @field(description="How many items the whole list has.")
    async def total_count(self) -> int:
        return await self.page.count()


def connection(page: Page[Any], to_node: Callable[[Any], Node]) -> Connection[Node]:
    """The connection of `page`; `to_node` turns each row into its GraphQL type, once nodes are asked for."""
    return Connection(page, to_node)
