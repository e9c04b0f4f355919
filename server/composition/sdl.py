"""The schema as text, the same text every time."""

from __future__ import annotations

from graphql import GraphQLSchema, is_specified_directive, print_type
from graphql.type import GraphQLNamedType
from graphql.utilities import print_directive

HEADER = "The GraphQL schema of Facet. Generated from the modules; do not edit it."


def render_schema(schema: GraphQLSchema, header: str = HEADER) -> str:
    """SDL with the types sorted by name and fields in the order of their declaration; ends with a newline."""
    directives = sorted(
        (directive for directive in schema.directives if not is_specified_directive(directive)),
        key=lambda directive: directive.name,
    )
    names = sorted(name for name in schema.type_map if name not in GraphQLNamedType.reserved_types)
    blocks = [
        "\n".join(f"# {line}".rstrip() for line in header.splitlines()),
        *(print_directive(directive) for directive in directives),
        *(print_type(schema.type_map[name]) for name in names),
    ]
    return "\n\n".join(blocks) + "\n"
