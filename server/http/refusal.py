"""Requests that are answered without executing anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graphql import GraphQLError

from server.errors import FacetError

_STATUS = {
    "UNAUTHENTICATED": 401,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "RATE_LIMITED": 429,
    "SERVICE_UNAVAILABLE": 503,
    "TIMEOUT": 504,
}


class Refusal(Exception):
    """An answer with errors and no data.

    `is_document` marks requests that were well formed but whose operation cannot run: those are answered
    with 200 to clients that asked for `application/json`, as the specification wants.
    """

    def __init__(
        self,
        status: int,
        errors: Sequence[GraphQLError],
        *,
        headers: Mapping[str, str] | None = None,
        is_document: bool = False,
        close: bool = False,
        extensions: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(errors[0].message)
        self.status, self.errors, self.is_document, self.close = status, list(errors), is_document, close
        self.headers = dict(headers or {})
        self.extensions = dict(extensions or {})

    @property
    def code(self) -> str:
        """The code of the first error."""
        return str((self.errors[0].extensions or {}).get("code", "BAD_REQUEST"))


def refuse(
    status: int, message: str, code: str = "BAD_REQUEST", *, close: bool = False, **headers: str
) -> Refusal:
    """A refusal of one sentence. Header names are given with `_` for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Refusal(status, [GraphQLError(message, extensions={"code": code})], headers=named, close=close)


def refuse_document(errors: Sequence[GraphQLError]) -> Refusal:
    """The operation cannot run: it does not parse, is not valid, or is over a limit."""
    return Refusal(400, errors, is_document=True)


def refuse_for(error: FacetError) -> Refusal:
    """The refusal for an expected failure before execution, such as an unknown session token."""
    headers = {}
    status = _STATUS.get(error.code, 400)
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="facet"'
    if "retryAfter" in error.details:
        headers["Retry-After"] = str(error.details["retryAfter"])
    return Refusal(status, [GraphQLError(error.message, extensions=error.extensions)], headers=headers)
