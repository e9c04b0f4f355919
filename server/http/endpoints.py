"""The modules' own HTTP endpoints, at `/m/<module>/…` and `/p/<platform>/m/<module>/…`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from server.auth.audience import ADMINS
from server.contracts.endpoints import Call, Endpoint, Reply
from server.db.failures import named
from server.errors import TimedOut
from server.events.transaction import commit, roll_back
from server.http.answers import answer_refusal
from server.http.body import read_body
from server.http.csrf import check_csrf
from server.http.graphql import Identify
from server.http.negotiate import MediaType
from server.http.notes import notes_of
from server.http.operation import Operations, Visit
from server.http.refusal import Refusal, refuse, refuse_for
from server.telemetry.logging import get_logger

logger = get_logger(__name__)

REFUSED = "endpoint.refused"
PATHS = ("/m/{module}{path:path}", "/p/{platform}/m/{module}{path:path}")


class ModuleEndpoints:
    """Answers requests to what modules declare in `endpoints`.

    An endpoint of a module that is off answers like one that does not exist. So does one of a module in `internal`
    to all but administrators. A caller who is known and tries is written into the audit log; a stranger only into
    the log, which nobody can fill up that way.
    """

    def __init__(
        self,
        endpoints: Mapping[str, Sequence[Endpoint]],
        identify: Identify,
        operations: Operations,
        *,
        internal: frozenset[str] = frozenset(),
    ) -> None:
        self._endpoints = {code: tuple(declared) for code, declared in endpoints.items() if declared}
        self._identify, self._operations, self._internal = identify, operations, internal

    def routes(self) -> list[Route]:
        """For the platform of the token or host, and for one named in the path; none without endpoints."""
        return [Route(path, self) for path in PATHS] if self._endpoints else []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self.respond(Request(scope, receive))
        await response(scope, receive, send)

    async def respond(self, request: Request) -> ASGIApp:
        """The response to one request."""
        notes = notes_of(request.scope)
        try:
            body = await read_body(request, self._operations.limits)
            async with self._identify(request) as visit:
                notes.platform = visit.context.platform.code if visit.context.platform else None
                notes.caller = visit.context.caller.kind.value
                if visit.context.caller.by_cookie:
                    check_csrf(request)
                return await self._answer(request, visit, body)
        except Refusal as refusal:
            failure = refusal
        except Exception as error:
            expected = named(error)
            if expected is None:
                raise
            failure = refuse_for(expected)
        notes.code = failure.code
        return answer_refusal(failure, notes.request_id).response(MediaType.JSON)

    async def _answer(self, request: Request, visit: Visit, body: bytes) -> Response:
        module, path = request.path_params["module"], request.path_params["path"]
        found = [
            (endpoint, parts)
            for endpoint in self._endpoints.get(module, ())
            if (parts := endpoint.match(path)) is not None
        ]
        if not found:
            raise nothing_here()
        if not self._is_shown(visit, module):
            await _note_refused(visit, f"{request.method} /m/{module}{found[0][0].path}")
            raise nothing_here()
        for endpoint, parts in found:
            if endpoint.method == request.method:
                return await self._call(request, visit, endpoint, parts, body)
        allowed = ", ".join(sorted(endpoint.method for endpoint, _ in found))
        raise refuse(405, f"Send {allowed} to this address.", "METHOD_NOT_ALLOWED", Allow=allowed)

    def _is_shown(self, visit: Visit, module: str) -> bool:
        if module not in visit.context.modules:
            return False
        return module not in self._internal or visit.context.caller.audience in ADMINS

    async def _call(
        self, request: Request, visit: Visit, endpoint: Endpoint, parts: Mapping[str, str], body: bytes
    ) -> Response:
        ctx = visit.context
        endpoint.access.check(ctx)
        await self._operations.charge(visit, endpoint.cost)
        call = Call(
            method=request.method,
            parts=parts,
            query=dict(request.query_params),
            headers=dict(request.headers),
            body=body,
        )
        try:
            async with asyncio.timeout(self._operations.seconds):
                reply = await _read_or_write(visit, endpoint, call)
        except TimeoutError:
            text = f"The request took longer than {self._operations.seconds:g} seconds and was stopped."
            raise refuse_for(TimedOut(text)) from None
        headers = {"Cache-Control": "no-store", **reply.headers}
        return Response(reply.body, reply.status, headers, media_type=reply.media_type)


def nothing_here() -> Refusal:
    """The same for everything that is not there, for whatever reason."""
    return refuse(404, "There is nothing at this address.", "NOT_FOUND")


async def _read_or_write(visit: Visit, endpoint: Endpoint, call: Call) -> Reply:
    ctx = visit.context
    if endpoint.method == "GET":
        return await endpoint.answer(ctx, call)
    await ctx.services.open_for_writing(ctx)
    try:
        reply = await endpoint.answer(ctx, call)
        await (roll_back(ctx) if reply.status >= 400 else commit(ctx))
    except BaseException:
        await roll_back(ctx)
        raise
    return reply


async def _note_refused(visit: Visit, endpoint: str) -> None:
    ctx = visit.context
    if ctx.caller.is_anonymous or ctx.platform is None:
        logger.info("endpoint_refused", endpoint=endpoint)
        return
    await ctx.services.open_for_writing(ctx)
    ctx.audit(REFUSED, subject=endpoint)
    await commit(ctx)
