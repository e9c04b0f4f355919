"""The supergraph: the kernel's contributions, every module's, and the types made from metric declarations."""

from __future__ import annotations

from graphql import GraphQLInterfaceType, GraphQLObjectType
from strawberry.schema.config import StrawberryConfig

from server.composition.composer import Composer
from server.composition.parts import KERNEL, ComposedModule
from server.composition.protection import protect
from server.composition.schema import ComposedSchema
from server.composition.stamp import composed_types
from server.composition.view import SchemaView
from server.metrics.graphql import graph as metrics_graph
from server.metrics.graphql import with_metrics
from server.metrics.graphql_types import SCALARS
from server.platforms.graphql import graph as platforms_graph
from server.platforms.registry import Registry

KERNEL_GRAPHS = (platforms_graph, metrics_graph)


def compose(registry: Registry) -> ComposedSchema:
    """The schema with every installed module on; raises `CompositionError` with all problems."""
    parts = [ComposedModule(KERNEL, graph.package, graph) for graph in KERNEL_GRAPHS]
    for definition in registry.definitions:
        graph = with_metrics(definition)
        if graph is not None:
            parts.append(
                ComposedModule(
                    definition.code, definition.package, graph, definition.requires, definition.is_internal
                )
            )
    config = StrawberryConfig(scalar_map=SCALARS)
    return Composer(parts, config=config, finish=(protect,)).compose()


def visible_fields(view: SchemaView) -> set[str]:
    """`Type.field` for every field of a view."""
    return {
        f"{type_.name}.{name}"
        for type_ in composed_types(view.graphql_schema)
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)
        for name in type_.fields
    }
