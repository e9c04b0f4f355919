"""What the kernel adds to the schema about numbers: the scopes they are about, and the catalogue of them."""

from collections.abc import Sequence
from typing import Annotated, Any, cast

import strawberry
from strawberry.relay import GlobalID

from server.contracts.metrics import Metric, ScopeKind
from server.contracts.module import ModuleDefinition
from server.errors import Forbidden, PlatformRequired
from server.graphql.asked import TAKES_WRITTEN
from server.graphql.batched import batched
from server.graphql.fields import field, query_field
from server.graphql.graph import ModuleGraph
from server.graphql.ids import global_id, local_id
from server.graphql.info import Info
from server.metrics.ahead import template_of
from server.metrics.catalogue import formula
from server.metrics.generated import contribute
from server.metrics.graphql_types import (
    MetricFold,
    MetricPolarity,
    MetricsContextInput,
    MetricScope,
    MetricUnit,
    MetricValue,
    label_of,
)
from server.metrics.permissions import VIEW, VIEW_PLATFORM
from server.metrics.scopes import Asked, complete, read_all, require_known, stretch_of, within_reach
from server.metrics.services import catalogue_of

__all__ = ["MerchantMetrics", "PlatformMetrics", "StoreMetrics", "graph", "metrics_of", "with_metrics"]

graph = ModuleGraph("kernel", "server.metrics")

ALL_VALUES = (
    "Every number about it that the caller can see, as one list; null where one cannot be computed now."
)
Categories = Annotated[
    list[str] | None, strawberry.argument(description="Only metrics of these categories; all when left out.")
]
Stretch = Annotated[
    MetricsContextInput | None,
    strawberry.argument(description="Which stretch of time; the last 30 days when left out."),
]


@batched(description=ALL_VALUES, list_size=20)
async def all_values(
    parents: Sequence[Any], info: Info, categories: Categories = None
) -> Sequence[list[MetricValue | None]]:
    found: Any = await read_all(info, [parent.about for parent in parents], categories)
    return cast(list[list[MetricValue | None]], found)


@strawberry.type(description="Numbers about one merchant: a field for each enabled module that has some.")
class MerchantMetrics:
    about: strawberry.Private[Asked]

    @field(description="The merchant they are about.")
    def merchant_id(self) -> strawberry.ID:
        return strawberry.ID(global_id("Merchant", self.about.scope_id))

    values = all_values


@strawberry.type(description="Numbers about one store: a field for each enabled module that has some.")
class StoreMetrics:
    about: strawberry.Private[Asked]

    @field(description="The store they are about.")
    def store_id(self) -> strawberry.ID:
        return strawberry.ID(global_id("Store", self.about.scope_id))

    values = all_values


@strawberry.type(
    description="Numbers about the whole platform: a field for each enabled module that has some."
)
class PlatformMetrics:
    about: strawberry.Private[Asked]

    @field(description="The platform they are about.")
    def platform_id(self) -> strawberry.ID:
        return strawberry.ID(global_id("Platform", self.about.scope_id))

    values = all_values


@strawberry.type(description="A metric as its module declares it.")
class MetricDefinition:
    metric: strawberry.Private[Metric]

    key: str = strawberry.field(description="Stable name: the module, a dot, and what it counts.")
    module: str = strawberry.field(description="Code of the module that declares it.")
    description: str = strawberry.field(description="What it counts, and how.")
    category: str = strawberry.field(description="The group it is shown in.")
    icon: str = strawberry.field(description="Name of its icon.")
    unit: MetricUnit = strawberry.field(description="What its values count.")
    polarity: MetricPolarity = strawberry.field(description="Which direction is good news.")
    fold: MetricFold = strawberry.field(description="How the values of several days become one.")
    scopes: list[MetricScope] = strawberry.field(description="What it can be asked about.")
    additive_over_scopes: bool = strawberry.field(
        description="Whether the platform's value is the sum of its stores' or merchants' values."
    )
    formula: str | None = strawberry.field(description="How it is computed, when that is worth a word.")
    null_when: str | None = strawberry.field(description="When it has no value.")

    @field(description="Name for people, in the caller's language.")
    def label(self, info: Info) -> str:
        return label_of(info.context, self.metric)


HOSTS: dict[ScopeKind, type] = {
    ScopeKind.MERCHANT: MerchantMetrics,
    ScopeKind.STORE: StoreMetrics,
    ScopeKind.PLATFORM: PlatformMetrics,
}
BEYOND = "These numbers are about more than the stores you can see."


async def metrics_of(
    info: Info, kind: ScopeKind, ids: Sequence[int], context: MetricsContextInput | None = None
) -> list[Any]:
    """The numbers (`MerchantMetrics`, …) of merchants, stores or platforms that the caller has in hand.

    In place of one that the caller sees without being allowed to see its numbers stands `Forbidden`. Raises
    `BadUserInput` for a bad `context`.
    """
    stretch = stretch_of(info.context, kind, context)
    try:
        reached = within_reach(info.context, kind, ids)
    except Forbidden as refusal:
        return [refusal] * len(ids)
    if ids and all(reached) and getattr(info, TAKES_WRITTEN, False):
        template = template_of(info, catalogue_of(info.context))
        completed = await complete(info, template, stretch, ids) if template else None
        if completed is not None:
            return completed
    host: Any = HOSTS[kind]
    return [
        host(about=Asked(id_, stretch)) if is_reached else Forbidden(BEYOND)
        for id_, is_reached in zip(ids, reached, strict=True)
    ]


async def _one(info: Info, kind: ScopeKind, id: int, context: MetricsContextInput | None) -> Any:
    """The numbers of one; an exception is raised by whoever completes the field."""
    (found,) = await metrics_of(info, kind, [id], context)
    return found


MerchantArgument = Annotated[GlobalID, strawberry.argument(description="The merchant.")]
StoreArgument = Annotated[GlobalID, strawberry.argument(description="The store.")]


@graph.query
class MetricsQuery:
    @query_field(description="Numbers about one merchant.", permission=VIEW.code)
    async def merchant_metrics(
        self, info: Info, merchant_id: MerchantArgument, context: Stretch = None
    ) -> MerchantMetrics | None:
        id_ = local_id(merchant_id, "Merchant")
        await require_known(info.context, ScopeKind.MERCHANT, id_)
        return cast(MerchantMetrics, await _one(info, ScopeKind.MERCHANT, id_, context))

    @query_field(description="Numbers about one store.", permission=VIEW.code)
    async def store_metrics(
        self, info: Info, store_id: StoreArgument, context: Stretch = None
    ) -> StoreMetrics | None:
        id_ = local_id(store_id, "Store")
        await require_known(info.context, ScopeKind.STORE, id_)
        return cast(StoreMetrics, await _one(info, ScopeKind.STORE, id_, context))

    @query_field(description="Numbers about the whole platform.", permission=VIEW_PLATFORM.code)
    async def platform_metrics(self, info: Info, context: Stretch = None) -> PlatformMetrics | None:
        id_ = info.context.platform_id
        return cast(PlatformMetrics, await _one(info, ScopeKind.PLATFORM, id_, context))

    @query_field(
        description="Every metric of the enabled modules: what it counts, how, and about what.",
        permission=VIEW.code,
        list_size=50,
    )
    async def metric_catalog(self, info: Info) -> list[MetricDefinition]:
        catalogue = catalogue_of(info.context)
        return [
            MetricDefinition(
                metric=metric,
                key=metric.key,
                module=metric.module,
                description=metric.description,
                category=metric.category,
                icon=metric.icon,
                unit=MetricUnit[metric.unit.name],
                polarity=MetricPolarity[metric.polarity.name],
                fold=MetricFold[metric.fold.name],
                scopes=[MetricScope[kind.name] for kind in ScopeKind if kind in catalogue.scopes(metric)],
                additive_over_scopes=metric.additive_over_scopes,
                formula=formula(metric),
                null_when=metric.null_when or None,
            )
            for metric in catalogue.visible(info.context)
        ]


@graph.extend("Platform")
class PlatformNumbers:
    @field(description="Numbers about the whole platform.", permission=VIEW_PLATFORM.code)
    async def metrics(
        self, info: Info, root: strawberry.Parent[Any], context: Stretch = None
    ) -> PlatformMetrics | None:
        if root.id != info.context.platform_id:
            raise PlatformRequired("Numbers are read on their own platform: call /p/<platform code>/graphql.")
        return cast(PlatformMetrics, await _one(info, ScopeKind.PLATFORM, root.id, context))


def with_metrics(definition: ModuleDefinition) -> ModuleGraph | None:
    """The module's graph with the types of its metrics added; None for a module that adds nothing."""
    if definition.graph is None and not definition.metrics:
        return None
    if definition.graph is None:
        graph = ModuleGraph(definition.code, definition.package)
    else:
        graph = definition.graph.copy()
    contribute(graph, definition, HOSTS)
    return graph
