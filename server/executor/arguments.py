"""Arguments of calls, for those that are the same in every run."""

from __future__ import annotations

from enum import Enum
from keyword import iskeyword
from typing import Any

from graphql import GraphQLSchema, ListValueNode, ObjectValueNode, ValueNode, VariableNode
from graphql.execution.values import get_argument_values
from strawberry.relay import GlobalID
from strawberry.types.arguments import convert_arguments

from server.executor.calls import Call

_UNCHANGEABLE = (type(None), bool, int, float, str, GlobalID, Enum)


def converted(call: Call, given: dict[str, Any], strawberry_schema: Any, info: Any) -> dict[str, Any]:
    """What an author's function gets for the arguments graphql-core passes."""
    assert call.field is not None
    converter = strawberry_schema.schema_converter
    return convert_arguments(
        given,
        call.field.arguments,
        scalar_registry=converter.scalar_registry,
        config=converter.config,
        info=info,
    )


def constant_arguments(call: Call, schema: GraphQLSchema) -> dict[str, Any] | None:
    """The arguments of an author's function when they depend on no variable and nobody can change them.

    None when they have to be made for each run, also when that will fail.
    """
    if any(_reads_variable(argument.value) for argument in call.nodes[0].arguments or ()):
        return None
    strawberry_schema: Any = schema._strawberry_schema  # type: ignore[attr-defined]
    try:
        given = get_argument_values(call.definition, call.nodes[0])
        arguments = converted(call, given, strawberry_schema, None)
    except Exception:  # the run will meet it again, and hand the operation over
        return None
    fixed = all(isinstance(value, _UNCHANGEABLE) for value in arguments.values())
    return arguments if fixed and not any(map(iskeyword, arguments)) else None


def _reads_variable(value: ValueNode) -> bool:
    if isinstance(value, ListValueNode):
        return any(map(_reads_variable, value.values))
    if isinstance(value, ObjectValueNode):
        return any(_reads_variable(field.value) for field in value.fields)
    return isinstance(value, VariableNode)
