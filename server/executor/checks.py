"""Whether an object is one of its type, for those where the class alone does not tell."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from graphql import Undefined
from strawberry.execution import optimized_is_awaitable

from server.executor.calls import Call
from server.executor.surprise import Surprise

if TYPE_CHECKING:
    from server.executor.run import Run


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
