"""The module's contributions, which the other files of this folder add to."""

from server.graphql.graph import ModuleGraph

graph = ModuleGraph("billing", "modules.billing")
