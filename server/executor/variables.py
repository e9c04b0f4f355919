"""Values of an operation's variables, their types found once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    GraphQLDefaultInput,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    get_nullable_type,
    is_leaf_type,
    is_non_null_type,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource, input_is_nested_too_deeply
from graphql.utilities.coerce_input_value import coerce_default_value, coerce_input_value

from server.executor.surprise import Surprise, Unsupported


class Variables:
    """Coerces what a client sent, as graphql-core's `get_variable_values` does for values that fit."""

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> None:
        self._signatures: list[tuple[GraphQLVariableSignature, bool, bool]] = []
        for definition in operation.variable_definitions or ():
            signature = get_variable_signature(schema, definition)
            if not isinstance(signature, GraphQLVariableSignature):
                raise Unsupported("a variable's type")
            required = is_non_null_type(signature.type)
            is_leaf = is_leaf_type(get_nullable_type(signature.type))
            self._signatures.append((signature, required, is_leaf))

    def values(self, given: Mapping[str, Any]) -> VariableValues:
        """The values with their sources; raises `Surprise` when one does not fit."""
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for signature, required, is_leaf in self._signatures:
            name = signature.name
            value = given.get(name, Undefined)
            if value is Undefined:
                sources[name] = VariableValueSource(signature)
                if signature.default is not None:
                    # What was coerced is kept with the default, so one that can be changed is never shared.
                    fresh = (
                        signature.default
                        if is_leaf
                        else GraphQLDefaultInput(literal=signature.default.literal)
                    )
                    default = coerce_default_value(signature._replace(default=fresh))
                    if default is not Undefined:
                        coerced[name] = default
                elif required:
                    raise Surprise("a variable is missing")
                continue
            sources[name] = VariableValueSource(signature, value)
            if not is_leaf and input_is_nested_too_deeply(value, signature.type):
                raise Surprise("a variable is nested too deeply")
            fitting = coerce_input_value(value, signature.type)
            if fitting is Undefined:
                raise Surprise("a variable does not fit")
            coerced[name] = fitting
        return VariableValues(sources, coerced)
