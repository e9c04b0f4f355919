"""An internal module: for administrators, and unhealthy from the start."""

import strawberry

from server.contracts.features import FeatureDeclaration
from server.contracts.menu import Frontend, MenuItem
from server.contracts.module import ModuleDefinition
from server.contracts.permissions import ALL_ROLES, Permission
from server.graphql.fields import query_field
from server.graphql.graph import ModuleGraph

graph = ModuleGraph("insights", __package__ or "")


@strawberry.type(description="Something only administrators look at.")
class Insight:
    text: str = strawberry.field(description="What it says.")


@graph.query
class InsightQuery:
    @query_field(description="What was found out.", permission="insights.view")
    def insights(self) -> list[Insight]:
        return [Insight(text="Tea sells.")]


async def on_startup() -> None:
    raise RuntimeError("secret-in-a-start")


module = ModuleDefinition(
    code="insights",
    name="Insights",
    description="What was found out.",
    is_internal=True,
    graph=graph,
    permissions=(Permission("insights.view", "View insights", "See what was found out.", roles=ALL_ROLES),),
    features=(FeatureDeclaration("insight_reports", "Reports", "Reports of what was found out."),),
    menu=(
        MenuItem(
            code="insights.list",
            label="Insights",
            path="/insights",
            icon="eye",
            frontends=frozenset(Frontend),
            permission="insights.view",
            order=90,
        ),
    ),
    on_startup=on_startup,
)
