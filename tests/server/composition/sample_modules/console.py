# mypy: disable-error-code="untyped-decorator"
"""An internal module: for administrators, but for one field that it opens to everyone."""

import strawberry

from server.auth.audience import EVERYONE
from server.graphql.graph import ModuleGraph
from tests.server.composition.sample_modules.base import PUBLIC, Page, Tracked
from tests.server.composition.sample_modules.places import Shop

graph = ModuleGraph("console", __name__)


@strawberry.type(description="Something that went wrong.")
class Incident(Tracked):
    title: str = strawberry.field(description="In a few words.")


@graph.query
class ConsoleQuery:
    @strawberry.field(description="Everything that went wrong.", metadata=PUBLIC)
    def incidents(self) -> Page[Incident]:
        return Page(items=[Incident(title="fire")], total=1)


@graph.query(audience=EVERYONE)
class StatusQuery:
    @strawberry.field(description="Whether all is well.", metadata=PUBLIC)
    def is_well(self) -> bool:
        return True


@graph.extend(Shop)
class ShopConsole:
    @strawberry.field(description="What went wrong there.")
    def incidents(self) -> list[Incident]:
        return [Incident(title="flood")]
