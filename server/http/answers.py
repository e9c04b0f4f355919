"""Turning results and refusals into HTTP answers; unexpected exceptions are masked here and logged once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLError, GraphQLSyntaxError
from strawberry.exceptions import StrawberryInputCoercionError
from strawberry.relay import GlobalIDValueError

from server.db.failures import named
from server.errors import BadUserInput
from server.http.guard import internal_error_message
from server.http.negotiate import MediaType
from server.http.refusal import Refusal
from server.http.sending import RawHeaders, RawResponse
from server.telemetry.logging import get_logger
from server.telemetry.traceback import describe_exception

logger = get_logger(__name__)

INTERNAL_ERROR = "INTERNAL_ERROR"
PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
# What converting an argument's value raises inside a field.
_REFUSED_VALUES = (GlobalIDValueError, StrawberryInputCoercionError)

_HEADERS: dict[MediaType, RawHeaders] = {
    media_type: [
        (b"cache-control", b"no-store"),
        (b"vary", b"Accept, Accept-Encoding, Authorization, Cookie, Origin"),
        (b"content-type", f"{media_type}; charset=utf-8".encode()),
    ]
    for media_type in MediaType
}


@dataclass(slots=True)
class Answer:
    """A GraphQL response before it is encoded. Without `has_data` nothing was executed."""

    errors: list[dict[str, Any]]
    data: dict[str, Any] | None = None
    has_data: bool = False
    extensions: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    is_document: bool = True
    close: bool = False

    @property
    def code(self) -> str | None:
        """The code of the first error, for logs and counters."""
        return str(self.errors[0]["extensions"]["code"]) if self.errors else None

    def content(self) -> dict[str, Any]:
        """The response map of the GraphQL specification."""
        content: dict[str, Any] = {}
        if self.errors:
            content["errors"] = self.errors
        if self.has_data:
            content["data"] = self.data
        if self.extensions:
            content["extensions"] = self.extensions
        return content

    def response(self, media_type: MediaType) -> RawResponse:
        """The HTTP response in the media type the client accepts."""
        status = self.status
        if self.is_document and status == 400 and media_type is MediaType.JSON:
            status = 200
        headers = _HEADERS[media_type].copy()
        for name, value in self.headers.items():
            headers.append((name.lower().encode("latin-1"), value.encode("latin-1")))
        if self.close:
            headers.append((b"connection", b"close"))
        return RawResponse(status, headers, self.body())

    def body(self) -> bytes:
        """`content` as JSON."""
        content = self.content()
        try:
            return orjson.dumps(content)
        except TypeError:
            # Integers beyond 64 bits and lone surrogates: rare, and JSON can say them.
            return json.dumps(content, separators=(",", ":"), default=_decoded).encode()


def answer_refusal(refusal: Refusal, request_id: str) -> Answer:
    """The answer to a request that was not executed."""
    return Answer(
        errors=[error_entry(error, request_id) for error in refusal.errors],
        extensions=refusal.extensions,
        headers=refusal.headers,
        status=refusal.status,
        is_document=refusal.is_document,
        close=refusal.close,
    )


def answer_result(result: ExecutionResult, request_id: str) -> Answer:
    """The answer to an executed operation, or to one whose variables could not be converted."""
    entries = [error_entry(error, request_id) for error in result.errors or ()]
    never_ran = (
        result.data is None and bool(result.errors) and all(e.path is None for e in result.errors or ())
    )
    return Answer(errors=entries, data=result.data, has_data=not never_ran, status=400 if never_ran else 200)


def error_entry(error: GraphQLError, request_id: str) -> dict[str, Any]:
    """One error as the client sees it."""
    message, extensions = _told(error, request_id)
    entry: dict[str, Any] = {"message": message}
    if error.locations:
        entry["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    if error.path is not None:
        entry["path"] = error.path
    entry["extensions"] = extensions
    return entry


def _told(error: GraphQLError, request_id: str) -> tuple[str, dict[str, Any]]:
    cause = cause_of(error)
    failure = named(cause) if cause is not None else None
    if failure is not None:
        if failure is not cause:
            _log_unexpected(cause or error, error)
        return failure.message, failure.extensions
    refused = next((e for e in _chain(error) if isinstance(e, _REFUSED_VALUES)), None)
    if isinstance(refused, GlobalIDValueError):
        return "This is not an id of ours. Pass an `id` as you read it.", {"code": BadUserInput.code}
    if refused is not None:
        return str(refused), {"code": BadUserInput.code}
    if "code" in (error.extensions or {}):
        return error.message, dict(error.extensions or {})
    if isinstance(error, GraphQLSyntaxError):
        return error.message, {"code": PARSE_FAILED}
    if cause is None and (error.path is None or error.message.startswith("Argument '")):
        return error.message, {"code": BadUserInput.code}
    _log_unexpected(cause or error, error)
    return internal_error_message(request_id), {"code": INTERNAL_ERROR}


def cause_of(error: GraphQLError) -> Exception | None:
    """The exception that a resolver raised, if it was no GraphQLError."""
    last = list(_chain(error))[-1]
    return None if isinstance(last, GraphQLError) else last


def _chain(error: GraphQLError) -> Iterator[Exception]:
    """The error, what it wraps, and so on to the exception it began with."""
    current: Exception | None = error
    while current is not None:
        yield current
        current = current.original_error if isinstance(current, GraphQLError) else None


def _log_unexpected(cause: Exception, error: GraphQLError) -> None:
    field_path = ".".join("[]" if isinstance(key, int) else key for key in error.path or ())
    logger.error("resolver_failed", at=field_path, failure=describe_exception(cause))


def _decoded(written: orjson.Fragment) -> Any:
    """A part that the database wrote."""
    return orjson.loads(orjson.dumps(written))
