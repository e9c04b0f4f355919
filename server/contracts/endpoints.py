"""HTTP endpoints of a module's own, for what GraphQL is not for: files to download, calls from other services."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from server.context import Context
from server.graphql.fields import Access

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request to an endpoint. `parts` are the named parts of the path, `body` is at most as long as that of a
    GraphQL request. Names of headers are lower case."""

    method: str
    parts: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What an endpoint answers."""

    body: bytes = b""
    media_type: str = "application/json"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """`path` begins with / and lies below `/m/<module>`; a part `{name}` stands for anything without a slash.

    Anonymous callers reach it only where `access` is public: such an endpoint proves by itself who calls, by a
    signature for example. `GET` reads; any other method runs in one transaction, which is undone when `answer`
    raises or its status is 400 or more. It costs `cost` points of the caller's budget.
    """

    path: str
    answer: Callable[[Context, Call], Awaitable[Reply]]
    access: Access
    method: Method = "GET"
    cost: int = 10

    def match(self, path: str) -> dict[str, str] | None:
        """The named parts of a path below `/m/<module>`; None when it is another endpoint's."""
        found = self._form.fullmatch(path)
        return found.groupdict() if found else None

    @cached_property
    def _form(self) -> re.Pattern[str]:
        parts = re.split(r"\{(\w+)\}", self.path)
        literal, names = parts[::2], parts[1::2]
        form = "".join(
            f"{re.escape(text)}(?P<{name}>[^/]+)" for text, name in zip(literal, names, strict=False)
        )
        return re.compile(form + re.escape(literal[-1]))
