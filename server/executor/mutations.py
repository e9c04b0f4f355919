"""Runs mutations: each root field once and one after the other, as graphql-core does; what is selected of its result
is completed by levels. When these are surprised, graphql-core completes the same result; nothing changes twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError
from graphql.execution.executor import CollectedErrors, Executor, default_field_resolver
from graphql.pyutils import Path
from strawberry.execution import optimized_is_awaitable

from server.executor.run import Run, Step
from server.executor.selection import Selected


@dataclass(frozen=True, slots=True)
class RootField:
    """A field of Mutation, with the step that completes its result; none for `__typename`."""

    selected: Selected
    step: Step | None


@dataclass(frozen=True, slots=True)
class MutationPlan:
    """The compiled operation; as `Plan`."""

    source: str
    roots: tuple[RootField, ...]
    fields: int

    async def run(self, run: Run) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
        """The data and errors of the response; never raises, as whoever asked must not run it again."""
        errors: list[GraphQLError] = []
        try:
            return await self._run(run, errors), errors
        except Exception as error:
            return None, [*errors, GraphQLError(str(error), original_error=error)]

    async def _run(self, run: Run, errors: list[GraphQLError]) -> dict[str, Any] | None:
        data: dict[str, Any] = {}
        for root in self.roots:
            key = root.selected.key
            if root.step is None:
                data[key] = root.selected.typename
                continue
            result = await _resolve(run, root.selected)
            completed, met = await _complete(run, root.selected, root.step, result)
            errors += met
            if completed is None:
                return None
            data.update(completed)
        return data


async def _resolve(run: Run, selected: Selected) -> Any:
    """What the resolver returns; the exception that it raises in its place."""
    call = selected.call
    assert call is not None
    try:
        given = run.given(call) if call.has_arguments else {}
        result = (call.definition.resolve or default_field_resolver)(run.root, run.raw(call), **given)
        return await result if optimized_is_awaitable(result) else result
    except Exception as error:
        return error


async def _complete(
    run: Run, selected: Selected, step: Step, result: Any
) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
    """The field's part of the data, None when an error takes everything, and the errors."""
    run.begin()
    try:
        (completed,) = await step([result], run, None)
        if not run.notes:
            data, failures = {selected.key: completed}, run.failures
            return (data, []) if failures is None else failures.settle(data)
    except Exception:
        await run.settle()
    except BaseException:
        run.close()
        raise
    run.was_surprised = True
    return await _by_graphql_core(run.core(), selected, result)


async def _by_graphql_core(
    core: Executor[Any], selected: Selected, result: Any
) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
    call = selected.call
    assert call is not None
    path = Path(None, selected.key, call.parent.name)
    core.collected_errors = CollectedErrors()
    info = core.build_resolve_info(call.definition, call.nodes, call.parent, path)
    completed: Any = None
    try:
        try:
            completed = core.complete_value(selected.type, selected.details, info, path, result, None)
            if optimized_is_awaitable(completed):
                completed = await completed
        except Exception as error:
            core.handle_field_error(error, selected.type, selected.details, path)
            completed = None
    except GraphQLError as error:
        core.collected_errors.add(error, None)
        return None, core.collected_errors.errors
    return {selected.key: completed}, core.collected_errors.errors
