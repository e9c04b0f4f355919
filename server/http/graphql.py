"""The HTTP endpoint: GraphQL over HTTP, one operation per request, JSON only."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Literal

from graphql import OperationType
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from server.errors import FacetError
from server.http.answers import Answer, answer_refusal
from server.http.body import read_parameters
from server.http.compress import COMPRESSED_FROM, accepts_gzip
from server.http.csrf import check_csrf
from server.http.deadline import listener
from server.http.negotiate import MediaType, accepted, is_json_request
from server.http.notes import RequestNotes, notes_of
from server.http.operation import ONE_ANSWER, Operations, Visit
from server.http.refusal import Refusal, refuse, refuse_for
from server.http.request import IndexedRequest
from server.http.sending import RawHeaders, RawResponse
from server.telemetry.prometheus import Meters

Identify = Callable[[Request], AbstractAsyncContextManager[Visit]]
"""Authenticates a request and opens its context; leaving it releases what the context holds.

Raises a `FacetError` on the way in when the session, API key or platform is not known.
"""

METHODS = ("GET", "POST")
_ONLY_QUERIES = frozenset({OperationType.QUERY})


@dataclass(frozen=True, slots=True)
class CookieRules:
    """How cookies are set: never readable by scripts, never sent along from other sites."""

    secure: bool = True
    max_age: int = 14 * 86_400
    same_site: Literal["lax", "strict"] = "lax"
    path: str = "/"

    def headers(self, cookies: dict[str, str | None]) -> RawHeaders:
        """What sets each cookie, or clears it when its value is None."""
        response = Response()
        for name, value in cookies.items():
            response.set_cookie(
                name,
                value or "",
                max_age=self.max_age if value is not None else 0,
                path=self.path,
                secure=self.secure,
                httponly=True,
                samesite=self.same_site,
            )
        return [header for header in response.raw_headers if header[0] == b"set-cookie"]


class GraphQLEndpoint:
    """The ASGI application behind `/graphql`; use it as the endpoint of a Starlette route."""

    def __init__(
        self,
        identify: Identify,
        operations: Operations,
        meters: Meters,
        *,
        cookies: CookieRules | None = None,
        compress_from: int = COMPRESSED_FROM,
    ) -> None:
        """Answers to queries are compressed from `compress_from` bytes on; 0 means never."""
        self._identify, self._operations, self._meters = identify, operations, meters
        self._cookies = cookies or CookieRules()
        self._compress_from = compress_from or sys.maxsize

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self.respond(IndexedRequest(scope, receive))
        await response(scope, receive, send)

    async def respond(self, request: Request) -> RawResponse:
        """The response to one request."""
        notes = notes_of(request.scope)
        media_type = accepted(request.headers)
        try:
            _check_method(request)
            if media_type is None:
                raise refuse(
                    406,
                    f"Answers are {MediaType.GRAPHQL} or {MediaType.JSON}; accept one of them.",
                    "NOT_ACCEPTABLE",
                )
            parameters = await read_parameters(request, self._operations.limits)
            allowed = ONE_ANSWER if request.method == "POST" else _ONLY_QUERIES
            async with self._identify(request) as visit:
                _note_visit(notes, visit)
                if visit.context.caller.by_cookie:
                    check_csrf(request)
                listen = listener(request.scope, request.receive)
                answer = await self._operations.answer(
                    visit, parameters, notes, allowed=allowed, listen=listen
                )
                cookies = visit.context.response_cookies
                may_compress = answer.has_data and _may_compress(request, visit, notes)
        except Refusal as refusal:
            return self._refused(refusal, notes).response(media_type or MediaType.JSON)
        except FacetError as error:
            return self._refused(refuse_for(error), notes).response(media_type or MediaType.JSON)
        response = answer.response(media_type)
        if cookies:
            response.headers += self._cookies.headers(cookies)
        if may_compress and len(response.body) >= self._compress_from and accepts_gzip(request.headers):
            await response.compress()
        return response

    def _refused(self, refusal: Refusal, notes: RequestNotes) -> Answer:
        notes.code = refusal.code
        self._meters.refused(refusal.code)
        return answer_refusal(refusal, notes.request_id)


def _check_method(request: Request) -> None:
    if request.method not in METHODS:
        raise refuse(
            405,
            "Send GraphQL with POST (or GET for queries).",
            "METHOD_NOT_ALLOWED",
            Allow=", ".join(METHODS),
        )
    if request.method == "POST" and not is_json_request(request.headers):
        raise refuse(
            415,
            "Send the request as `Content-Type: application/json`, in UTF-8 and uncompressed.",
            "UNSUPPORTED_MEDIA_TYPE",
        )


def _may_compress(request: Request, visit: Visit, notes: RequestNotes) -> bool:
    """Whether the length of a compressed answer can give nothing away.

    It could where an answer holds a secret next to words of an attacker. Mutations answer with tokens, and a GET
    with a cookie can be a link of another site; what a POST or a bearer token came with, no other site has chosen.
    """
    if notes.operation_type != "query":
        return False
    return request.method == "POST" or not visit.context.caller.by_cookie


def _note_visit(notes: RequestNotes, visit: Visit) -> None:
    context = visit.context
    notes.platform = context.platform.code if context.platform is not None else None
    notes.caller = context.caller.kind.value
