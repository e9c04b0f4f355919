"""Executes a document by graphql-core alone, and by a plan with graphql-core behind it."""

from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, cast

import orjson
from graphql import DocumentNode, ExecutionResult, execute
from strawberry.execution import optimized_is_awaitable

from server.auth.caller import system_caller
from server.context import Context
from server.executor import Outcome, Plans


def new_context() -> Context:
    return Context(caller=system_caller(1, frozenset({"yes"})), session=cast(Any, None))


async def stock(
    schema: Any, document: DocumentNode, variables: Any = None, root: Any = None
) -> ExecutionResult:
    result = execute(
        schema._schema,
        document,
        root,
        new_context(),
        variables,
        executor_class=schema.execution_context_class,
        is_awaitable=cast(Any, optimized_is_awaitable),
        operation_extensions=None,
    )
    return await result if isawaitable(result) else result


@dataclass
class Answers:
    """Both responses as bytes, and what became of the plan."""

    expected: bytes
    found: bytes
    outcome: Outcome
    has_errors: bool


def written(result: ExecutionResult) -> bytes:
    content = {"data": result.data, "errors": [error.formatted for error in result.errors or ()]}
    return orjson.dumps(content, default=repr, option=orjson.OPT_NON_STR_KEYS)


async def both(
    schema: Any, plans: Plans, document: DocumentNode, variables: Any = None, root: Any = None
) -> Answers:
    """What graphql-core answers, and what a plan answers, handing over to graphql-core when it has to."""
    expected = await stock(schema, document, variables, root)
    outcome = await plans.run(None, variables or {}, new_context(), root)
    found = outcome.response
    if found is None:
        found = await stock(schema, document, variables, root)
    return Answers(written(expected), written(found), outcome, bool(expected.errors))
