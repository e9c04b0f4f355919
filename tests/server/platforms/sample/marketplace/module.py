"""An optional module that requires another."""

from typing import Annotated, Any

import strawberry

from server.contracts.module import ModuleDefinition
from server.contracts.permissions import ALL_ROLES, Permission
from server.graphql.fields import query_field
from server.graphql.graph import ModuleGraph
from tests.server.platforms.sample import journal

graph = ModuleGraph("marketplace", __package__ or "")


@strawberry.type(description="Something offered for sale.")
class Offer(strawberry.relay.Node):
    id: strawberry.relay.NodeID[int]
    name: str = strawberry.field(description="Its name.")

    @classmethod
    def resolve_nodes(cls, *, info: Any, node_ids: Any, required: bool = False) -> Any:
        return [cls(id=int(id_), name="Tea") if int(id_) == 7 else None for id_ in node_ids]


@strawberry.type(description="Something behind the scenes.")
class Draft(strawberry.relay.Node):
    id: strawberry.relay.NodeID[int]

    @classmethod
    def resolve_nodes(cls, *, info: Any, node_ids: Any, required: bool = False) -> Any:
        return [cls(id=int(id_)) for id_ in node_ids]


@graph.query
class MarketplaceQuery:
    @query_field(description="One offer.", permission="marketplace.view")
    def offer(
        self, id: Annotated[strawberry.relay.GlobalID, strawberry.argument(description="Its id.")]
    ) -> Offer | None:
        return None

    @query_field(description="Every draft.", permission="marketplace.view")
    def drafts(self) -> list[Draft]:
        return []

    @query_field(description="The best offer.", signed_in=True)
    def best_offer(self) -> Offer | None:
        return None


module = ModuleDefinition(
    code="marketplace",
    name="Marketplace",
    description="Offers of many sellers.",
    requires=("inventory",),
    graph=graph,
    permissions=(Permission("marketplace.view", "View offers", "See what is offered.", roles=ALL_ROLES[:3]),),
    on_enable=journal.hook("marketplace", "on_enable"),
    on_disable=journal.hook("marketplace", "on_disable"),
)
