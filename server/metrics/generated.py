"""GraphQL types made from metric declarations: one for each module and kind of scope, a field per metric.

`shops` with metrics about merchants gives the type `ShopsMerchantMetrics` and the field
`MerchantMetrics.shops`, both the module's own, so they come and go with it.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import strawberry

from server.contracts.metrics import Metric, ScopeKind
from server.contracts.module import ModuleDefinition
from server.graphql.batched import batched
from server.graphql.fields import field
from server.graphql.graph import ModuleGraph
from server.graphql.info import Info
from server.metrics.errors import MetricUnavailable
from server.metrics.graphql_types import MetricValue
from server.metrics.scopes import Asked, read

WORDS = {ScopeKind.PLATFORM: "the platform", ScopeKind.MERCHANT: "the merchant", ScopeKind.STORE: "the store"}


def contribute(graph: ModuleGraph, definition: ModuleDefinition, hosts: dict[ScopeKind, type]) -> None:
    """Add to `graph` what the module's metrics need; `hosts` are the types of the scopes."""
    for kind, host in hosts.items():
        metrics = [metric for metric in definition.metrics if kind in metric.scopes]
        if metrics:
            numbers = graph.own(_numbers(definition, kind, metrics))
            graph.extend(host)(graph.own(_extension(definition, kind, numbers)))


def _numbers(definition: ModuleDefinition, kind: ScopeKind, metrics: Iterable[Metric]) -> type:
    name = f"{_pascal(definition.code)}{kind.value.capitalize()}Metrics"
    members: dict[str, Any] = {metric.name: _metric_field(metric) for metric in metrics}
    members["__annotations__"] = {"about": strawberry.Private[Asked]}
    members["__module__"] = __name__
    description = f"Numbers of the module {definition.name} about {WORDS[kind]}."
    return strawberry.type(type(name, (), members), description=description)


def _metric_field(metric: Metric) -> Any:
    async def resolve(parents: Sequence[Any], info: Info) -> Sequence[MetricValue | MetricUnavailable | None]:
        return await read(info, [parent.about for parent in parents], metric)

    return batched(description=metric.description)(resolve)


def _extension(definition: ModuleDefinition, kind: ScopeKind, numbers: type) -> type:
    def resolve(self: Any) -> Any:
        return numbers(about=self.about)

    member = field(description=f"Numbers of the module {definition.name}.")(_returning(resolve, numbers))
    name = f"{_pascal(definition.code)}On{kind.value.capitalize()}"
    return strawberry.type(type(name, (), {definition.code: member, "__module__": __name__}))


def _returning(resolve: Callable[..., Any], type_: Any) -> Callable[..., Any]:
    """The resolver with the type its field has in the schema; what it returns may have to be awaited."""
    resolve.__annotations__["return"] = type_
    return resolve


def _pascal(code: str) -> str:
    return code.replace("_", " ").title().replace(" ", "")
