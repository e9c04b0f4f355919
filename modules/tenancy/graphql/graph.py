"""What this module adds to the schema."""

from server.graphql.graph import ModuleGraph

graph = ModuleGraph("tenancy", "modules.tenancy")
