# mypy: disable-error-code="untyped-decorator"
"""The kernel's own contributions."""

from typing import TYPE_CHECKING, Annotated, Generic, TypeAlias, TypeVar

import strawberry
from strawberry import relay

from server.graphql.graph import ModuleGraph

graph = ModuleGraph("kernel", __package__)

if TYPE_CHECKING:
    SearchResult: TypeAlias = object
else:
    SearchResult = graph.open_union("SearchResult", description="Something a search can find.")

Item = TypeVar("Item")

PUBLIC = {"access": "public"}


@strawberry.type(description="Some items and how many there are.")
class Page(Generic[Item]):
    items: list[Item] = strawberry.field(description="The items.")
    total: int = strawberry.field(description="How many there are.")


@strawberry.interface(description="Something with a history.")
class Tracked:
    created_by: str = strawberry.field(description="Who made it.", default="root")


@strawberry.interface(description="An expected failure.")
class Error:
    message: str = strawberry.field(description="What happened.")


@strawberry.type(description="The caller may not do that.")
class Refused(Error):
    pass


@strawberry.type(description="Numbers about a shop.")
class ShopNumbers:
    shop_id: strawberry.ID = strawberry.field(description="The shop.")


@graph.query
class BaseQuery:
    node: relay.Node | None = relay.node(description="Anything by its id.", metadata=PUBLIC)

    @strawberry.field(description="Numbers about one shop.", metadata=PUBLIC)
    def shop_numbers(
        self, shop_id: Annotated[strawberry.ID, strawberry.argument(description="The shop.")]
    ) -> ShopNumbers:
        return ShopNumbers(shop_id=shop_id)

    @strawberry.field(description="Things by a word in their name.", metadata=PUBLIC)
    def search(
        self,
        info: strawberry.Info,
        term: Annotated[str, strawberry.argument(description="The word.")],
    ) -> list[SearchResult]:
        found: list[SearchResult] = info.context["found"]
        return found

    @strawberry.field(description="The newest thing with a history.", metadata=PUBLIC)
    def newest(self, info: strawberry.Info) -> Tracked | None:
        found: Tracked | None = info.context["newest"]
        return found
