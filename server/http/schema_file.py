"""`/schema.graphql`: the schema as the caller sees it, for code generators."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from server.errors import FacetError, Unauthenticated
from server.http.answers import answer_refusal
from server.http.csrf import check_csrf
from server.http.graphql import Identify
from server.http.negotiate import MediaType
from server.http.notes import notes_of
from server.http.refusal import refuse_for


class SchemaFile:
    """Give `respond` to a Starlette route. The ETag is the schema's hash."""

    def __init__(self, identify: Identify) -> None:
        self._identify = identify

    async def respond(self, request: Request) -> Response:
        """The SDL, 304 when the client has it, 401 without a caller."""
        try:
            async with self._identify(request) as visit:
                caller = visit.context.caller
                if caller.is_anonymous:
                    raise Unauthenticated("Sign in first: the schema is what your platform and role can see.")
                if caller.by_cookie:
                    check_csrf(request)
                return _sdl_response(request, visit.view.sdl(), visit.view.sdl_hash())
        except FacetError as error:
            return answer_refusal(refuse_for(error), notes_of(request.scope).request_id).response(
                MediaType.JSON
            )


def _sdl_response(request: Request, sdl: str, sdl_hash: str) -> Response:
    etag = f'"{sdl_hash}"'
    headers = {
        "ETag": etag,
        "Cache-Control": "private, no-cache",
        "Vary": "Authorization, Cookie",
    }
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if etag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(sdl, headers=headers, media_type="text/plain; charset=utf-8")
