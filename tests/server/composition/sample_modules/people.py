# mypy: disable-error-code="untyped-decorator"
"""Extends a type of another module with a connection, an interface with a field, and owns an enum value."""

from collections.abc import AsyncGenerator, Iterable, Sequence
from typing import Annotated, Any

import strawberry
from strawberry import relay

from server.graphql.batched import batched
from server.graphql.graph import ModuleGraph
from tests.server.composition.sample_modules.base import PUBLIC, Page, ShopNumbers, Tracked
from tests.server.composition.sample_modules.places import Shop, ShopOrder

graph = ModuleGraph("people", __name__)
graph.own(ShopOrder.PEOPLE)


@graph.member_of("SearchResult")
@strawberry.type(description="Somebody who buys.")
class Person(relay.Node, Tracked):
    id: relay.NodeID[int]
    email: str = strawberry.field(description="Where to write to.")
    shop: Shop = strawberry.field(description="Where they buy.")

    @classmethod
    def resolve_nodes(cls, *, info: strawberry.Info, node_ids: Iterable[str], required: bool = False) -> Any:
        return [person(int(node)) for node in node_ids]


def person(number: int) -> Person:
    return Person(id=number, email=f"p{number}@example.test", shop=Shop(id=1, name="shop 1"))


@graph.extend(Shop)
class ShopPeople:
    @relay.connection(relay.ListConnection[Person], description="Everybody who buys there.")
    def people(root: strawberry.Parent[Shop]) -> list[Person]:  # noqa: N805  # `self` is the extension's
        return [person(number) for number in range(root.id, root.id + 3)]

    @batched(description="Some of them.")
    @staticmethod
    async def people_page(
        parents: Sequence[Shop], first: Annotated[int, strawberry.argument(description="How many.")] = 2
    ) -> Sequence[Page[Person]]:
        return [
            Page(items=[person(number) for number in range(first)], total=98 + shop.id) for shop in parents
        ]


@graph.extend(Tracked)
class TrackedPeople:
    @strawberry.field(description="Who looked at it last.")
    def seen_by(self) -> Person:
        return person(7)


@graph.extend(ShopNumbers)
class ShopPeopleNumbers:
    @strawberry.field(description="How many people buy there.")
    def total_people(self) -> int:
        return 3


@graph.subscription
class PeopleSubscription:
    @strawberry.subscription(description="Everybody who arrives.", metadata=PUBLIC)
    async def person_arrived(self) -> AsyncGenerator[Person, None]:
        for number in (1, 2):
            yield person(number)
