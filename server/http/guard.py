"""The outermost fence: request ids, security headers, the access line, and no exception gets past it."""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Iterable, Mapping

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.http.notes import RequestNotes
from server.telemetry.logging import REQUEST_ID, get_logger, log_plain
from server.telemetry.prometheus import METHODS, Meters
from server.telemetry.redaction import redact_text
from server.telemetry.traceback import describe_exception

logger = get_logger(__name__)
_lines = logging.getLogger(__name__)

_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_LONGEST_PATH = 200
_CLIENT_HUNG_UP = 499

SECURITY_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "font-src 'self' data:; worker-src 'self' blob:; connect-src 'self'; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
}


def internal_error_message(request_id: str) -> str:
    """What a client is told of an unexpected exception: nothing but where to ask."""
    return f"Internal error. Quote request id {request_id}."


class Guard:
    """ASGI middleware around every route. A response's own headers win over the guard's.

    Give it to Starlette as its first middleware: outside of Starlette it still works, but then Starlette answers
    exceptions in words of its own.
    """

    def __init__(self, app: ASGIApp, *, meters: Meters, https_only: bool = False) -> None:
        """`https_only` adds Strict-Transport-Security, for installations behind TLS."""
        self._app, self._meters = app, meters
        headers = dict(SECURITY_HEADERS)
        if https_only:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        self._names = frozenset(name for name, _ in self._headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope["headers"])
        notes = RequestNotes(request_id=request_id)
        # Each request gets its own state; servers share one dictionary between them.
        scope["state"] = {**scope.get("state", {}), "request_id": request_id, "notes": notes}
        outer = REQUEST_ID.set(request_id)
        try:
            if scope["type"] == "websocket":
                await self._app(scope, receive, send)
            else:
                await self._answer(scope, receive, send, notes)
        finally:
            REQUEST_ID.reset(outer)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, notes: RequestNotes) -> None:
        started = time.perf_counter()
        status, is_complete = _CLIENT_HUNG_UP, False

        async def send_guarded(message: Message) -> None:
            nonlocal status, is_complete
            if message["type"] == "http.response.start":
                status = message["status"]
                self._add_headers(message, notes.request_id)
            await send(message)
            is_complete = message["type"] == "http.response.body" and not message.get("more_body", False)

        self._meters.request_started()
        try:
            await self._app(scope, receive, send_guarded)
        except Exception as error:
            logger.error("request_failed", failure=describe_exception(error))
            if status == _CLIENT_HUNG_UP:
                await _send_internal_error(send_guarded, notes.request_id)
            elif not is_complete:
                raise
        finally:
            self._meters.request_answered(scope["method"], status)
            if _lines.isEnabledFor(logging.INFO):
                _log_access(scope, notes, status, time.perf_counter() - started)

    def _add_headers(self, message: Message, request_id: str) -> None:
        headers = [*message.get("headers", ())]
        given = {name for name, _ in headers}
        if self._names.isdisjoint(given):
            headers += self._headers
        else:
            headers += [header for header in self._headers if header[0] not in given]
        headers.append((b"x-request-id", request_id.encode()))
        message["headers"] = headers


def _request_id(headers: Iterable[tuple[bytes, bytes]]) -> str:
    for name, value in headers:
        if name == b"x-request-id":
            given = value.decode("latin-1")
            if _REQUEST_ID.fullmatch(given):
                return given
            break
    return os.urandom(16).hex()


async def _send_internal_error(send: Send, request_id: str) -> None:
    error = {"message": internal_error_message(request_id), "extensions": {"code": "INTERNAL_ERROR"}}
    body = orjson.dumps({"errors": [error]})
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _log_access(scope: Scope, notes: RequestNotes, status: int, seconds: float) -> None:
    said: dict[str, str | int | float] = {
        "method": scope["method"] if scope["method"] in METHODS else "other",
        "path": redact_text(scope["path"][:_LONGEST_PATH]),
        "status": status,
        "duration_ms": round(seconds * 1000, 2),
        "request_id": notes.request_id,
    }
    if notes.operation_type is not None:
        said["operation_type"] = notes.operation_type
    if notes.operation_name is not None:
        said["operation_name"] = notes.operation_name
    if notes.platform is not None:
        said["platform"] = notes.platform
    if notes.caller is not None:
        said["caller"] = notes.caller
    if notes.code is not None:
        said["code"] = notes.code
    log_plain(_lines, "request", said)
