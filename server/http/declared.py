"""What a field's author declared about it, read from the built schema."""

from __future__ import annotations

from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter

from server.graphql.fields import ACCESS, Access


def declared(field: GraphQLField, name: str) -> Any:
    """`facet_<name>` of the field's extensions, else `name` of its declaration's metadata, else None."""
    value = field.extensions.get(f"facet_{name}")
    if value is None:
        definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        value = getattr(definition, "metadata", {}).get(name)
    return value


def is_public(schema: GraphQLSchema, document: DocumentNode) -> bool:
    """Whether every root field of every operation needs no caller. Works on documents that are not valid."""
    fragments = {
        definition.name.value: definition.selection_set
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    return bool(operations) and all(
        _is_public_field(schema, operation, name)
        for operation in operations
        for name in _root_fields(operation.selection_set, fragments)
    )


def _is_public_field(schema: GraphQLSchema, operation: OperationDefinitionNode, name: str) -> bool:
    if name == "__typename":
        return True
    root = schema.get_root_type(operation.operation)
    field = root.fields.get(name) if root is not None else None
    if field is None:
        return False
    access = declared(field, ACCESS)
    return bool(access.public) if isinstance(access, Access) else field.extensions.get("facet_public") is True


def _root_fields(selection_set: SelectionSetNode, fragments: dict[str, SelectionSetNode]) -> set[str]:
    names: set[str] = set()
    followed: set[str] = set()
    stack = [selection_set]
    while stack:
        for selection in stack.pop().selections:
            if isinstance(selection, FieldNode):
                names.add(selection.name.value)
            elif isinstance(selection, InlineFragmentNode):
                stack.append(selection.selection_set)
            elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in followed:
                followed.add(selection.name.value)
                if selection.name.value in fragments:
                    stack.append(fragments[selection.name.value])
    return names
