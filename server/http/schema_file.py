"""`/schema.graphql`: the schema as the caller sees it, for code generators."""

from __future__ import annotations

import sys

from starlette.requests import Request
from starlette.types import ASGIApp

from server.errors import FacetError, Unauthenticated
from server.http.answers import answer_refusal
from server.http.compress import COMPRESSED_FROM, accepts_gzip
from server.http.csrf import check_csrf
from server.http.graphql import Identify
from server.http.negotiate import MediaType
from server.http.notes import notes_of
from server.http.refusal import refuse_for
from server.http.sending import RawHeaders, RawResponse


class SchemaFile:
    """Give `respond` to a Starlette route. The ETag is the schema's hash."""

    def __init__(self, identify: Identify, *, compress_from: int = COMPRESSED_FROM) -> None:
        """From `compress_from` bytes on the schema is compressed; 0 means never."""
        self._identify, self._compress_from = identify, compress_from or sys.maxsize

    async def respond(self, request: Request) -> ASGIApp:
        """The SDL, 304 when the client has it, 401 without a caller."""
        try:
            async with self._identify(request) as visit:
                caller = visit.context.caller
                if caller.is_anonymous:
                    raise Unauthenticated("Sign in first: the schema is what your platform and role can see.")
                if caller.by_cookie:
                    check_csrf(request)
                sdl, sdl_hash = visit.view.sdl(), visit.view.sdl_hash()
        except FacetError as error:
            return answer_refusal(refuse_for(error), notes_of(request.scope).request_id).response(
                MediaType.JSON
            )
        return await self._sdl_response(request, sdl, sdl_hash)

    async def _sdl_response(self, request: Request, sdl: str, sdl_hash: str) -> RawResponse:
        etag = f'"{sdl_hash}"'
        headers: RawHeaders = [
            (b"cache-control", b"private, no-cache"),
            (b"vary", b"Accept-Encoding, Authorization, Cookie"),
        ]
        known = {
            tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")
        }
        if etag in known or "*" in known:
            return RawResponse(304, [*headers, (b"etag", etag.encode())], b"")
        response = RawResponse(200, [*headers, (b"content-type", b"text/plain; charset=utf-8")], sdl.encode())
        is_compressed = len(response.body) >= self._compress_from and accepts_gzip(request.headers)
        if is_compressed:
            await response.compress()
            etag = f"W/{etag}"  # the same schema, other bytes
        response.headers.append((b"etag", etag.encode()))
        return response
