"""Any object by its id."""

from inspect import isawaitable
from typing import Annotated, Any

import strawberry
from graphql import GraphQLObjectType, GraphQLSchema, get_nullable_type
from strawberry.relay import GlobalID, Node
from strawberry.types.base import StrawberryObjectDefinition

from server.errors import NotFound
from server.graphql.fields import ACCESS, Access, query_field
from server.graphql.info import Info
from server.platforms.graphql.graph import graph

DEFINITION = "strawberry-definition"


@graph.query
class NodeQuery:
    @query_field(
        description="The object with this id, whatever its type: null with the error NOT_FOUND when there is "
        "none, or none the caller may see.",
        signed_in=True,
        cost=1,
    )
    async def node(
        self, info: Info, id: Annotated[GlobalID, strawberry.argument(description="The id of the object.")]
    ) -> Node | None:
        found = await _find(info, id)
        if found is None:
            raise NotFound("There is no object with this id.")
        return found


async def _find(info: Info, id: GlobalID) -> Node | None:
    """The object; None alike for a type that is hidden, invented or no node, and for an id out of reach."""
    node_type = _node_type(info, id.type_name)
    if node_type is None or not (id.node_id.isascii() and id.node_id.isdigit() and len(id.node_id) < 19):
        return None
    access = access_of(info.schema.graphql_schema, id.type_name)  # type: ignore[attr-defined]  # a view has it
    if access is None:
        return None
    access.check(info.context)
    found: Any = node_type.resolve_nodes(info=info, node_ids=[id.node_id], required=False)
    nodes = list(await found if isawaitable(found) else found)
    node: Any = nodes[0] if nodes else None
    if isawaitable(node):
        node = await node
    return node if isinstance(node, Node) else None


def _node_type(info: Info, name: str) -> type[Node] | None:
    definition = info.schema.get_type_by_name(name)
    if not isinstance(definition, StrawberryObjectDefinition) or definition.is_interface:
        return None
    if not issubclass(definition.origin, Node):
        return None
    return definition.origin


def access_of(schema: GraphQLSchema, type_name: str) -> Access | None:
    """The rule that protects a type's own root field, `Query.store(id:)` for `Store`: it protects the node too.

    Without such a field it is that of a root field that returns one, `Query.platform`; a type that no root
    field returns is not reached by its id.
    """
    query: GraphQLObjectType | None = schema.query_type
    fields = query.fields.values() if query else ()
    own = [field for field in fields if getattr(get_nullable_type(field.type), "name", None) == type_name]
    for field in sorted(own, key=lambda field: "id" not in field.args):
        definition = field.extensions.get(DEFINITION)
        access: Access | None = definition.metadata.get(ACCESS) if definition else None
        return access
    return None
