"""One run of a plan: what generated code asks for besides its own."""

from __future__ import annotations

from asyncio import gather
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
from graphql.execution.values import VariableValues, get_argument_values
from graphql.pyutils import gather_with_cancel
from graphql.type.definition import GraphQLResolveInfoHelpers
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import _OperationContextAwareGraphQLResolveInfo

from server.executor.arguments import converted
from server.executor.calls import Call
from server.executor.surprise import Surprise

Values = list[Any]
Step = Callable[[Values, "Run"], Coroutine[Any, Any, Values]]

PLAIN = frozenset({type(None), bool, int, float, str, bytes, list, tuple, dict, set, frozenset})


class Run:
    """What one execution of an operation carries."""

    __slots__ = ("context", "fragments", "made", "notes", "operation", "root", "schema", "variables")

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

    def raw(self, call: Call) -> GraphQLResolveInfo[Any]:
        """The info graphql-core gives to resolvers, the same for all objects of a level."""
        return _OperationContextAwareGraphQLResolveInfo(  # type: ignore[return-value]  # theirs, as a tuple
            call.nodes[0].name.value,
            call.nodes,
            call.definition.type,
            call.parent,
            call.path_or_unknown(self.notes),
            self.schema,
            self.fragments,
            self.root,
            self.operation,
            self.variables.coerced,
            self.context,
            optimized_is_awaitable,
            None,
            _HELPERS,
            None,  # type: ignore[arg-type]  # nobody passes any
        )

    def info(self, call: Call) -> Any:
        """The info Strawberry gives to resolvers."""
        strawberry_schema: Any = self.schema._strawberry_schema  # type: ignore[attr-defined]
        return strawberry_schema.config.info_class(_raw_info=self.raw(call), _field=call.field)

    def allow(self, call: Call) -> None:
        """Raise unless the caller may use the field."""
        for access in call.access:
            access.check(self.context)

    def given(self, call: Call) -> dict[str, Any]:
        """The arguments as graphql-core passes them."""
        return get_argument_values(call.definition, call.nodes[0], self.variables)

    def arguments(self, call: Call, info: Any) -> dict[str, Any]:
        """The arguments as the author's function gets them."""
        strawberry_schema: Any = self.schema._strawberry_schema  # type: ignore[attr-defined]
        return converted(call, self.given(call), strawberry_schema, info)

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
    return any(type(value) not in PLAIN and optimized_is_awaitable(value) for value in values)


async def awaited(values: Values, run: Run) -> Values:
    """`values` with those that have to be awaited replaced by what they answer; raises the first error.

    Every one has ended when it returns or raises, so nothing of a level runs on when the level fails.
    """
    waiting = [
        (index, value)
        for index, value in enumerate(values)
        if type(value) not in PLAIN and optimized_is_awaitable(value)
    ]
    if not waiting:
        return values
    if len(waiting) == 1:
        found = [await waiting[0][1]]
    else:
        found = await gather(*(value for _, value in waiting), return_exceptions=True)
        raise_first(found, run)
    if len(found) == len(values):
        return found
    values = list(values)
    for (index, _), value in zip(waiting, found, strict=True):
        values[index] = value
    return values


def raise_first(found: Iterable[Any], run: Run) -> None:
    """Raise the first exception among `found`, having noted all."""
    failures = [result for result in found if isinstance(result, BaseException)]
    if failures:
        run.notes.extend(failure for failure in failures if isinstance(failure, Exception))
        raise failures[0]


async def together(steps: list[tuple[Step, Values]], run: Run) -> list[Values]:
    """The columns that `steps` complete, all at once; raises the first error when every one has ended."""
    if len(steps) == 1:
        step, values = steps[0]
        return [await step(values, run)]
    found = await gather(*(step(values, run) for step, values in steps), return_exceptions=True)
    raise_first(found, run)
    return found  # type: ignore[return-value]  # no exception is left


async def by_type(
    values: Values,
    run: Run,
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
    steps = [(levels[name], [values[index] for index in indexes]) for name, indexes in groups.items()]
    completed: Values = [None] * len(values)
    for indexes, objects in zip(groups.values(), await together(steps, run), strict=True):
        for index, completed_object in zip(indexes, objects, strict=True):
            completed[index] = completed_object
    return completed


def unexpected(call: Call, is_type_of: Callable[..., Any] | None) -> Callable[[Any, Run], None]:
    """The check of an object that is not plainly of its type's class; raises unless graphql-core takes it."""

    def check(value: Any, run: Run) -> None:
        if value is None or value is Undefined or isinstance(value, BaseException):
            raise Surprise(call.where)
        if optimized_is_awaitable(value):
            raise Surprise(call.where)
        if is_type_of is not None:
            answer = is_type_of(value, run.raw(call))
            if answer is not True:
                if isinstance(answer, Awaitable):
                    run.made.append([answer])
                raise Surprise(call.where)

    return check
