"""One run of a plan: what generated code asks for besides its own."""

from __future__ import annotations

from asyncio import gather, get_running_loop
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from inspect import CORO_CREATED, getcoroutinestate, iscoroutine
from typing import Any

from graphql import (
    FragmentDefinitionNode,
    GraphQLAbstractType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
)
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.executor import Executor, default_field_resolver, default_type_resolver
from graphql.execution.values import VariableValues, get_argument_values
from graphql.pyutils import gather_with_cancel
from graphql.type.definition import GraphQLResolveInfoHelpers
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import _OperationContextAwareGraphQLResolveInfo

from server.executor.arguments import Reader, converted
from server.executor.calls import Call
from server.executor.careful import Careful
from server.executor.failures import Failures
from server.executor.places import Part
from server.executor.surprise import Surprise, UnknownPath

Values = list[Any]
Step = Callable[[Values, "Run", Any], Coroutine[Any, Any, Values]]
"""Completes the values of a column, or the objects of a level, at a place."""

PLAIN = frozenset({type(None), bool, int, float, str, bytes, list, tuple, dict, set, frozenset})


class Run:
    """What one execution of an operation carries."""

    __slots__ = (
        "_careful",
        "_tail",
        "context",
        "fragments",
        "info_class",
        "made",
        "notes",
        "operation",
        "root",
        "schema",
        "variables",
        "was_surprised",
    )

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: dict[str, FragmentDefinitionNode],
        operation: OperationDefinitionNode,
        variables: VariableValues,
        context: Any,
        root: Any,
    ) -> None:
        self.schema, self.fragments, self.operation = schema, fragments, operation
        self.variables, self.context, self.root = variables, context, root
        self.made: list[Values] = []
        """What resolvers returned and may have to be awaited."""
        self.notes: list[Exception] = []
        """Surprises that a resolver may have caught."""
        self.was_surprised = False
        self._careful: Careful | None = None
        strawberry_schema: Any = schema._strawberry_schema  # type: ignore[attr-defined]
        self.info_class: Any = strawberry_schema.config.info_class
        self._tail = (
            schema,
            fragments,
            root,
            operation,
            variables.coerced,
            context,
            optimized_is_awaitable,
            None,
            _HELPERS,
            None,
        )

    def begin(self) -> None:
        """Forget what there was of the fields so far: another root field of a mutation begins."""
        self.made, self.notes, self._careful = [], [], None

    def core(self) -> Executor[Any]:
        """graphql-core's executor of this operation, as if it had begun it."""
        strawberry_schema: Any = self.schema._strawberry_schema  # type: ignore[attr-defined]
        core: Executor[Any] = strawberry_schema.execution_context_class(
            self.schema,
            self.fragments,
            {name: FragmentDetails(node) for name, node in self.fragments.items()},
            self.root,
            self.context,
            self.operation,
            self.variables,
            default_field_resolver,
            default_type_resolver,
            default_field_resolver,
            is_awaitable=optimized_is_awaitable,
            operation_extensions=None,
        )
        return core

    @property
    def failures(self) -> Failures | None:
        """The errors so far; None when there surely are none."""
        return self._careful.failures if self._careful is not None else None

    @property
    def careful(self) -> Careful:
        """The slow way, for what the generated code stumbles over."""
        if self._careful is None:
            self._careful = Careful(self)
        return self._careful

    def raw(self, call: Call) -> GraphQLResolveInfo[Any]:
        """The info graphql-core gives to resolvers, the same for all objects of a level."""
        path = call.path if call.path is not None else UnknownPath(call.key, call.parent.name, self.notes)
        info: Any = tuple.__new__(
            _OperationContextAwareGraphQLResolveInfo, (*call.head, path, *self._tail)
        )  # theirs, as a tuple
        return info  # type: ignore[no-any-return]

    def info(self, call: Call) -> Any:
        """The info Strawberry gives to resolvers."""
        info = self.info_class(_raw_info=self.raw(call), _field=call.field)
        info.takes_written = True
        return info

    def allow(self, call: Call) -> None:
        """Raise unless the caller may use the field."""
        for access in call.access:
            access.check(self.context)

    def refusal(self, call: Call) -> Exception | None:
        """Why a batched field is not asked at all."""
        try:
            if call.has_arguments:
                self.given(call)
            self.allow(call)
        except Exception as error:
            return error
        return None

    def given(self, call: Call) -> dict[str, Any]:
        """The arguments as graphql-core passes them."""
        return get_argument_values(call.definition, call.nodes[0], self.variables)

    def converted(self, readers: tuple[Reader, ...], given: dict[str, Any], info: Any) -> dict[str, Any]:
        """The arguments as the author's function gets them."""
        return converted(readers, given, self.schema, info)

    async def settle(self) -> None:
        """Await what resolvers returned and nobody awaits any more, as graphql-core does after an error."""
        left = [value for value in _flat(self.made) if _is_unfinished(value)]
        if left:
            await gather(*left, return_exceptions=True)

    def close(self) -> None:
        """Give up what resolvers returned, when there is no time to await it."""
        for value in _flat(self.made):
            if iscoroutine(value) and getcoroutinestate(value) == CORO_CREATED:
                value.close()


def _flat(values: Iterable[Any]) -> Iterable[Any]:
    for value in values:
        if isinstance(value, list | tuple):
            yield from _flat(value)
        else:
            yield value


def _is_unfinished(value: Any) -> bool:
    if iscoroutine(value):
        return getcoroutinestate(value) == CORO_CREATED
    return type(value) not in PLAIN and optimized_is_awaitable(value)


def _refuse_tracking(values: Sequence[Any]) -> None:
    raise Surprise("a resolver tracks work of its own")


_HELPERS = GraphQLResolveInfoHelpers(lambda values: gather_with_cancel(*values), _refuse_tracking)


def any_awaitable(values: Values) -> bool:
    """Whether one of `values` has to be awaited."""
    for value in values:  # noqa: SIM110  # a generator costs more than the loop
        if type(value) not in PLAIN and optimized_is_awaitable(value):
            return True
    return False


async def awaited(values: Values, known: type | None = None) -> Values:
    """`values` with those that have to be awaited replaced by what they answer, or by the exception they raise.

    Nobody awaits an instance of `known`. Every one has ended when it returns, so nothing of a level runs on beside
    what follows.
    """
    if len(values) == 1:
        (value,) = values
        if type(value) is known or type(value) in PLAIN or not optimized_is_awaitable(value):
            return values
        try:
            return [await value]
        except Exception as error:
            return [error]
    waiting = [
        (index, value)
        for index, value in enumerate(values)
        if type(value) is not known and type(value) not in PLAIN and optimized_is_awaitable(value)
    ]
    if not waiting:
        return values
    found = await gather(*(value for _, value in waiting), return_exceptions=True)
    for result in found:
        if isinstance(result, BaseException) and not isinstance(result, Exception):
            raise result
    if len(found) == len(values):
        return found
    values = list(values)
    for (index, _), value in zip(waiting, found, strict=True):
        values[index] = value
    return values


async def together(steps: list[tuple[Step, Values]], run: Run, place: Any) -> list[Values]:
    """The columns that `steps` complete, all at once; raises the first surprise when every one has ended."""
    (step, values), *others = steps
    if not others:
        return [await step(values, run, place)]
    create_task = get_running_loop().create_task
    tasks = [create_task(step(values, run, place)) for step, values in others]
    try:
        # One of them needs no task of its own. The others begin as soon as it waits.
        found = [await step(values, run, place)]
        for task in tasks:
            found.append(await task)  # noqa: PERF401  # one after the other
    except BaseException as error:
        if not isinstance(error, Exception):
            for task in tasks:
                task.cancel()
        await gather(*tasks, return_exceptions=True)
        raise
    return found


async def by_type(
    values: Values,
    run: Run,
    place: Any,
    call: Call,
    abstract: GraphQLAbstractType,
    levels: Mapping[str, Step],
) -> Values:
    """Complete values of an interface or union, each as an object of its own type."""
    raw = run.raw(call)
    groups: dict[str, list[int]] = {}
    resolve = abstract.resolve_type
    for index, value in enumerate(values):
        if resolve is None or value is Undefined or isinstance(value, BaseException):
            raise Surprise(call.where)
        if optimized_is_awaitable(value):
            raise Surprise(call.where)
        name: Any = resolve(value, raw, abstract)
        if type(name) is not str or name not in levels:
            if isinstance(name, Awaitable):
                run.made.append([name])
            raise Surprise(call.where)
        groups.setdefault(name, []).append(index)
    steps = [
        levels[name]([values[index] for index in indexes], run, Part(place, indexes))
        for name, indexes in groups.items()
    ]
    found = [await steps[0]] if len(steps) == 1 else await gather(*steps, return_exceptions=True)
    completed: Values = [None] * len(values)
    for indexes, objects in zip(groups.values(), found, strict=True):
        if isinstance(objects, BaseException):
            raise objects
        for index, completed_object in zip(indexes, objects, strict=True):
            completed[index] = completed_object
    return completed
