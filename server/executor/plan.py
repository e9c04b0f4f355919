"""Compiles one operation, for one outcome of its `@skip` and `@include`, into a coroutine function."""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from graphql import FragmentDefinitionNode, GraphQLSchema, OperationDefinitionNode
from graphql.execution.values import VariableValues

from server.executor.leaves import KNOWN
from server.executor.levels import NAMES, LevelCode
from server.executor.run import Run, Values
from server.executor.selection import Selections
from server.executor.surprise import Surprise
from server.executor.writer import Program

LevelFunction = Callable[[Values, Run], Coroutine[Any, Any, Values]]


@dataclass(frozen=True, slots=True)
class Plan:
    """The compiled operation; `source` is for people who want to know."""

    source: str
    level: LevelFunction
    fields: int
    """How many fields it completes."""

    async def run(self, run: Run) -> dict[str, Any]:
        """The data of the response; raises `Surprise` or whatever a resolver raised when it would have errors."""
        try:
            (data,) = await self.level([run.root], run)
        except Exception:
            await run.settle()
            raise
        except BaseException:
            run.close()
            raise
        if run.notes:
            raise run.notes[0]
        return data  # type: ignore[no-any-return]


def compile_plan(
    schema: GraphQLSchema,
    fragments: dict[str, FragmentDefinitionNode],
    operation: OperationDefinitionNode,
    variables: VariableValues,
) -> Plan:
    """The plan; of `variables` only those that decide what is selected are read. Raises `Unsupported`."""
    selections = Selections(schema, fragments, operation, variables)
    root = selections.root()
    program = Program({**KNOWN, **NAMES, "Surprise": Surprise, "b64": b2a_base64})
    name = LevelCode(program, schema).level(root)
    return Plan(program.source, program.load()[name], selections.count)
