"""Arguments of calls, for those that are the same in every run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from keyword import iskeyword
from typing import Any

from graphql import GraphQLSchema, ListValueNode, ObjectValueNode, ValueNode, VariableNode
from graphql.execution.values import get_argument_values
from strawberry.relay import GlobalID, GlobalIDValueError
from strawberry.relay.types import InvalidGlobalIDError
from strawberry.types.arguments import _is_leaf_type, convert_argument
from strawberry.types.base import StrawberryMaybe, StrawberryOptional

from server.executor.calls import Call

_UNCHANGEABLE = (type(None), bool, int, float, str, GlobalID, Enum)


@dataclass(frozen=True, slots=True)
class Reader:
    """An argument of an author's function."""

    name: str
    python_name: str
    type: Any
    """What its value has to be converted to; None when it stays as it is."""
    may_be_null: bool
    """A null is a null then, without a look at the type."""


def readers_of(call: Call, schema: GraphQLSchema) -> tuple[Reader, ...]:
    """The arguments that a call passes on, looked at once."""
    assert call.field is not None
    converter = _converter(schema)
    return tuple(
        Reader(
            converter.config.name_converter.from_argument(argument),
            argument.python_name,
            None if _stays(argument.type, converter.scalar_registry) else argument.type,
            isinstance(argument.type, StrawberryOptional) and not isinstance(argument.type, StrawberryMaybe),
        )
        for argument in call.field.arguments
    )


def _stays(type_: Any, scalars: Any) -> bool:
    while isinstance(type_, StrawberryOptional) and not isinstance(type_, StrawberryMaybe):
        type_ = type_.of_type
    return _is_leaf_type(type_, scalars, skip_classes=(GlobalID,))


def _converter(schema: GraphQLSchema) -> Any:
    strawberry_schema: Any = schema._strawberry_schema  # type: ignore[attr-defined]
    return strawberry_schema.schema_converter


def converted(
    readers: tuple[Reader, ...], given: dict[str, Any], schema: GraphQLSchema, info: Any
) -> dict[str, Any]:
    """What an author's function gets for the arguments graphql-core passes."""
    arguments = {}
    for reader in readers:
        if reader.name in given:
            value = given[reader.name]
            if reader.type is GlobalID and type(value) is str:
                value = _global_id(value)
            elif reader.type is not None and not (value is None and reader.may_be_null):
                converter = _converter(schema)
                value = convert_argument(
                    value,
                    reader.type,
                    converter.scalar_registry,
                    converter.config,
                    info,
                    path=(reader.name,),
                )
            arguments[reader.python_name] = value
    return arguments


def _global_id(value: str) -> GlobalID:
    """What `convert_argument` answers, which looks at many other things first."""
    try:
        return GlobalID.from_id(value)
    except GlobalIDValueError as error:
        raise InvalidGlobalIDError(f'Value cannot represent a GlobalID: "{value}".') from error


def constant_arguments(call: Call, schema: GraphQLSchema) -> dict[str, Any] | None:
    """The arguments of an author's function when they depend on no variable and nobody can change them.

    None when they have to be made for each run, also when that will fail.
    """
    if any(_reads_variable(argument.value) for argument in call.nodes[0].arguments or ()):
        return None
    try:
        given = get_argument_values(call.definition, call.nodes[0])
        arguments = converted(readers_of(call, schema), given, schema, None)
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
