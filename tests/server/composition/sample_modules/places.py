# mypy: disable-error-code="untyped-decorator"
"""A core module: types with relay ids, a page, a mutation with a result union."""

from collections.abc import Iterable
from enum import Enum
from typing import Annotated, Any

import strawberry
from strawberry import relay

from server.graphql.graph import ModuleGraph
from tests.server.composition.sample_modules.base import PUBLIC, Page, Refused, Tracked

graph = ModuleGraph("places", __name__)


@strawberry.enum(description="How shops are put in order.")
class ShopOrder(Enum):
    NAME = strawberry.enum_value("name", description="By name.")
    PEOPLE = strawberry.enum_value("people", description="By how many people they have.")
    OPERATIONS = strawberry.enum_value("operations", description="By how much work they make.")


@strawberry.type(description="A place where something is sold.")
class Shop(relay.Node, Tracked):
    id: relay.NodeID[int]
    name: str = strawberry.field(description="What it is called.")

    @classmethod
    def resolve_nodes(cls, *, info: strawberry.Info, node_ids: Iterable[str], required: bool = False) -> Any:
        return [Shop(id=int(node), name=f"shop {node}") for node in node_ids]


graph.type(Shop)
graph.member_of("SearchResult")(Shop)


@strawberry.input(description="Which shops to list.")
class ShopFilter:
    name: str | None = strawberry.field(description="Part of the name.", default=None)
    has_people: bool | None = strawberry.field(
        description="Whether somebody is there.", default=None, metadata={"module": "people"}
    )


@graph.query
class PlacesQuery:
    @strawberry.field(description="Every shop.", metadata=PUBLIC)
    def shops(
        self,
        filter: Annotated[ShopFilter | None, strawberry.argument(description="Which of them.")] = None,
        order: Annotated[ShopOrder, strawberry.argument(description="In which order.")] = ShopOrder.NAME,
        ranked: Annotated[ShopOrder, strawberry.argument(description="By which rank.")] = ShopOrder.PEOPLE,
        with_people: Annotated[
            bool, strawberry.argument(description="Only busy ones.", metadata={"module": "people"})
        ] = False,
    ) -> Page[Shop]:
        return Page(items=[Shop(id=number, name=f"shop {number}") for number in (1, 2)], total=2)

    @strawberry.field(description="The order in use.", metadata=PUBLIC)
    def shop_order(self) -> ShopOrder:
        return ShopOrder.PEOPLE


@strawberry.type(description="The shop has its new name.")
class RenameShopPayload:
    shop: Shop = strawberry.field(description="The shop.")


@graph.mutation
class PlacesMutation:
    @strawberry.mutation(description="Give a shop another name.", metadata=PUBLIC)
    def rename_shop(
        self,
        id: Annotated[relay.GlobalID, strawberry.argument(description="The shop.")],
        name: Annotated[str, strawberry.argument(description="Its new name.")],
    ) -> Annotated[
        RenameShopPayload | Refused,
        strawberry.union("RenameShopResult", description="What became of the new name."),
    ]:
        if not name:
            return Refused(message="A shop needs a name.")
        return RenameShopPayload(shop=Shop(id=int(id.node_id), name=name))
