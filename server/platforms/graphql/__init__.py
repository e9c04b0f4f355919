"""What the kernel adds to the schema about platforms: modules, menus, features, health, any object by id."""

from server.platforms.graphql import catalogue, health, history, menus, modules, nodes, switching
from server.platforms.graphql.graph import graph

__all__ = ["catalogue", "graph", "health", "history", "menus", "modules", "nodes", "switching"]
