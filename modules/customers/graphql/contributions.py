"""The module's contributions, collected by the files beside this one."""

from server.graphql.graph import ModuleGraph

graph = ModuleGraph("customers", "modules.customers")
