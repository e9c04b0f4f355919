# mypy: disable-error-code="untyped-decorator"
"""Requires nothing; its field may lead to a type of a module that it does not require."""

from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import relay

from server.graphql.graph import ModuleGraph
from tests.server.composition.sample_modules.base import PUBLIC

if TYPE_CHECKING:
    from tests.server.composition.sample_modules.people import Person

graph = ModuleGraph("notes", __name__)


@strawberry.interface(description="Something with an author.")
class Authored(relay.Node):
    @strawberry.field(
        description="Who wrote it.",
        metadata={"optional": True},
    )
    def author(
        self,
    ) -> Annotated["Person", strawberry.lazy("tests.server.composition.sample_modules.people")] | None:
        return None


@graph.type
@strawberry.type(description="A few words.")
class Note(Authored):
    id: relay.NodeID[int]
    text: str = strawberry.field(description="The words.")


@graph.type
@strawberry.type(description="A picture.")
class Picture(Authored):
    id: relay.NodeID[int]
    url: str = strawberry.field(description="Where it is.")


@graph.query
class NotesQuery:
    @strawberry.field(description="Everything that was written.", metadata=PUBLIC)
    def notes(self) -> list[Authored]:
        return [Note(id=1, text="hello"), Picture(id=2, url="/2.png")]
