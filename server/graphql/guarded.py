"""A resolver behind an access rule, as an object: executors that call for many parents check the rule once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLResolveInfo

from server.context import Context
from server.graphql.fields import Access


class Guarded:
    """Calls `resolve` when `access` allows it."""

    __slots__ = ("access", "resolve")

    def __init__(self, resolve: Callable[..., Any], access: Access) -> None:
        self.resolve, self.access = resolve, access

    def __call__(self, root: Any, info: GraphQLResolveInfo[Context], /, **arguments: Any) -> Any:
        self.access.check(info.context)
        return self.resolve(root, info, **arguments)
