"""Compiles one operation, for one outcome of its `@skip` and `@include`, into a coroutine function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphql import (
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
)
from graphql.execution.values import VariableValues

from server.executor.levels import NAMES, LevelCode
from server.executor.mutations import MutationPlan, RootField
from server.executor.run import Run, Step
from server.executor.selection import Selections
from server.executor.values import NAMES as VALUE_NAMES
from server.executor.writer import Program


@dataclass(frozen=True, slots=True)
class Plan:
    """The compiled operation; `source` is for people who want to know."""

    source: str
    level: Step
    fields: int
    """How many fields it completes."""

    async def run(self, run: Run) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
        """The data and errors of the response; raises a `Surprise` when graphql-core has to say."""
        try:
            (data,) = await self.level([run.root], run, None)
        except Exception:
            await run.settle()
            raise
        except BaseException:
            run.close()
            raise
        if run.notes:
            raise run.notes[0]
        failures = run.failures
        return (data, []) if failures is None else failures.settle(data)


def compile_plan(
    schema: GraphQLSchema,
    fragments: dict[str, FragmentDefinitionNode],
    operation: OperationDefinitionNode,
    variables: VariableValues,
) -> Plan | MutationPlan:
    """The plan; of `variables` only those that decide what is selected are read. Raises `Unsupported`."""
    selections = Selections(schema, fragments, operation, variables)
    root = selections.root()
    program = Program({**VALUE_NAMES, **NAMES})
    code = LevelCode(program, schema)
    if operation.operation is OperationType.MUTATION:
        steps = [code.column(selected) if selected.call is not None else None for selected in root.fields]
        names = program.load()
        roots = zip(root.fields, steps, strict=True)
        fields = tuple(RootField(selected, names[step] if step else None) for selected, step in roots)
        return MutationPlan(program.source, fields, selections.count)
    name = code.level(root)
    return Plan(program.source, program.load()[name], selections.count)
