"""Reading a request: its body within bounds, and the GraphQL parameters in it."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request
from starlette.types import Message

from server.http.limits import Limits
from server.http.refusal import refuse

_MOST_URL_PARAMETERS = 16


@dataclass(frozen=True, slots=True)
class Parameters:
    """One GraphQL request. Extensions are for the transport and may be empty."""

    query: str
    operation_name: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)
    extensions: dict[str, Any] = field(default_factory=dict)


async def read_parameters(request: Request, limits: Limits) -> Parameters:
    """The parameters of a POST (JSON body) or GET (URL); raises `Refusal` for anything malformed."""
    if request.method == "GET":
        return parameters_of(_from_url(request), "URL")
    body = await read_body(request, limits)
    if not body or body.isspace():
        raise refuse(400, 'The body is empty. Send a JSON object with "query".')
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise refuse(400, 'The body is not JSON. Send a JSON object with "query".') from None
    if isinstance(content, list):
        raise refuse(400, "Batches are not supported. Send one operation per request.")
    if not isinstance(content, dict):
        raise refuse(400, 'The body must be a JSON object with "query".')
    return parameters_of(content, "body")


def parameters_of(content: Mapping[str, Any], place: str) -> Parameters:
    """The parameters in a decoded object; `place` names it in the errors."""
    query, extensions = content.get("query"), content.get("extensions")
    if query is None and isinstance(extensions, dict) and "persistedQuery" in extensions:
        raise refuse(400, "PersistedQueryNotSupported", "PERSISTED_QUERY_NOT_SUPPORTED")
    if not isinstance(query, str):
        wrong = "is missing" if query is None else "must be a string"
        raise refuse(400, f'"query" in the {place} {wrong}. Give it the text of a GraphQL document.')
    name = content.get("operationName")
    if name is not None and not isinstance(name, str):
        raise refuse(400, f'"operationName" in the {place} must be a string or null.')
    return Parameters(
        query, name or None, _mapping(content, "variables", place), _mapping(content, "extensions", place)
    )


def _mapping(content: Mapping[str, Any], name: str, place: str) -> dict[str, Any]:
    value = content.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise refuse(400, f'"{name}" in the {place} must be an object or null.')
    return value


def _from_url(request: Request) -> dict[str, Any]:
    query_string = request.scope.get("query_string", b"")
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_URL_PARAMETERS,
        )
        content: dict[str, Any] = dict(pairs)
        for name in ("variables", "extensions"):
            if name in content:
                content[name] = orjson.loads(content[name]) if content[name] else None
    except ValueError:
        raise refuse(
            400, 'The URL is malformed. "query" is text, "variables" and "extensions" are JSON, all in UTF-8.'
        ) from None
    return content


async def read_body(request: Request, limits: Limits) -> bytes:
    """The body; raises `Refusal` as soon as it is too long (413) or too slow (408)."""
    length = request.headers.get("content-length")
    if length is not None and (not length.isdigit() or len(length) > 18):
        raise refuse(400, "The Content-Length header is not a number.", close=True)
    if length is not None and int(length) > limits.body_bytes:
        _refuse_long(limits)
    arriving = request.receive().__await__()
    try:
        waits_for = next(arriving)
    except StopIteration as arrived:  # as nearly always; a timeout would be set up for nothing
        message: Message = arrived.value
        if not message.get("more_body"):
            return _checked(message, 0, limits)
        rest = _chunks(request, limits, message)
    else:
        rest = _chunks(request, limits, _Begun(arriving, waits_for))
    try:
        async with asyncio.timeout(limits.body_seconds):
            return b"".join(await rest)
    except TimeoutError:
        raise refuse(
            408, f"The body did not arrive within {limits.body_seconds:g} seconds.", close=True
        ) from None


async def _chunks(request: Request, limits: Limits, first: Message | _Begun) -> list[bytes]:
    message = await first if isinstance(first, _Begun) else first
    chunks = [_checked(message, 0, limits)]
    size = len(chunks[0])
    while message.get("more_body"):
        message = await request.receive()
        chunks.append(_checked(message, size, limits))
        size += len(chunks[-1])
    return chunks


def _checked(message: Message, before: int, limits: Limits) -> bytes:
    """The chunk in `message`, which `before` bytes preceded."""
    if message["type"] != "http.request":
        raise refuse(400, "The client hung up before the body was complete.", close=True)
    chunk: bytes = message.get("body", b"")
    if before + len(chunk) > limits.body_bytes:
        _refuse_long(limits)
    return chunk


class _Begun:
    """What is left of an awaitable that has run up to where it `waits_for` something."""

    def __init__(self, steps: Generator[Any, Any, Message], waits_for: Any) -> None:
        self._steps, self._waits_for = steps, waits_for

    def __await__(self) -> Generator[Any, Any, Message]:
        steps, waits_for = self._steps, self._waits_for
        try:
            while True:
                try:
                    told = yield waits_for
                except GeneratorExit:
                    steps.close()
                    raise
                except BaseException as error:
                    waits_for = steps.throw(error)
                else:
                    waits_for = steps.send(told)
        except StopIteration as arrived:
            message: Message = arrived.value
            return message


def _refuse_long(limits: Limits) -> NoReturn:
    raise refuse(
        413,
        f"The body is longer than {limits.body_bytes} bytes. Send less at once.",
        "BODY_TOO_LARGE",
        close=True,
    )
