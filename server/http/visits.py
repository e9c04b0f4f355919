"""Who a request is from, which platform it is about, and what they see of the schema."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import lru_cache
from types import TracebackType
from typing import Protocol

from starlette.datastructures import URL
from starlette.requests import Request

from server.auth.audience import Audience
from server.auth.caller import Caller
from server.composition import ViewCache
from server.context import Context, PlatformRecord
from server.errors import NotFound, Unauthenticated
from server.http.notes import notes_of
from server.http.operation import Visit
from server.platforms.callers import Callers

SESSION_COOKIE = "facet_session"
LOCALES = ("en", "fr")


class Platforms(Protocol):
    """Finds platforms."""

    async def by_code(self, code: str) -> PlatformRecord | None: ...
    async def by_host(self, host: str) -> PlatformRecord | None: ...
    async def by_id(self, platform_id: int) -> PlatformRecord | None: ...


class OpenVisit:
    """A visit while a request is answered; its session is closed at the end."""

    __slots__ = ("_request", "_visit", "_visits")

    def __init__(self, visits: Visits, request: Request) -> None:
        self._visits, self._request = visits, request

    async def __aenter__(self) -> Visit:
        self._visit = await self._visits.identify(self._request)
        return self._visit

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._visit.context.session.close()


OpenContext = Callable[[Caller, PlatformRecord | None, str], Awaitable[Context]]


class Visits:
    """Identifies requests. `open` is the `Identify` that the endpoints take."""

    def __init__(
        self, callers: Callers, platforms: Platforms, views: ViewCache, open_context: OpenContext
    ) -> None:
        self._callers, self._platforms, self._views = callers, platforms, views
        self._open_context = open_context

    def open(self, request: Request) -> OpenVisit:
        """The visit a request makes; entering raises `NotFound`, `Unauthenticated` or `Forbidden`.

        The platform is that of the path, else of the host name, else of the token. The first two never yield to a
        token of another platform.
        """
        return OpenVisit(self, request)

    async def identify(self, request: Request) -> Visit:
        """`open` without the end: whoever calls it closes the session of the visit's context."""
        token, by_cookie = credentials(request)
        platform = await self._named_platform(request)
        caller = await self._callers.identify(token, platform=platform, by_cookie=by_cookie)
        if platform is None and caller.platform_id is not None:
            platform = await self._platforms.by_id(caller.platform_id)
        ctx = await self._open_context(caller, platform, notes_of(request.scope).request_id)
        accept_language = request.headers.get("accept-language")
        if accept_language:
            ctx.locale = preferred_locale(accept_language)
        view = self._views.get(ctx.modules, caller.audience or Audience.MERCHANT)
        client = request.scope.get("client")
        return Visit(ctx, view, address=client[0] if client else "-")

    async def _named_platform(self, request: Request) -> PlatformRecord | None:
        code = request.path_params.get("platform")
        if code is None:
            return await self._platforms.by_host(host_name(request))
        platform = await self._platforms.by_code(code)
        if platform is None:
            raise NotFound("No platform has this code; check the address.")
        return platform


def credentials(request: Request) -> tuple[str | None, bool]:
    """The request's token, and whether a cookie brought it. A bearer token wins over a cookie."""
    header = request.headers.get("authorization")
    if header is None:
        if "cookie" not in request.headers:
            return None, False
        token = request.cookies.get(SESSION_COOKIE)
        return token or None, token is not None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Send the token as `Authorization: Bearer <token>`.")
    return token.strip(), False


def host_name(request: Request) -> str:
    """The name of the host that the client has asked, without a port and in lower case."""
    header = request.headers.get("host")
    if header is None:
        return request.url.hostname or ""
    server = request.scope.get("server")
    find = _known_host_name if len(header) <= _REMEMBERED_LENGTH else _host_name
    return find(header, server[0] if server else None)


def _host_name(header: str, server: str | None) -> str:
    scope = {
        "scheme": "http",
        "path": "/",
        "server": (server, 80) if server is not None else None,
        "headers": [(b"host", header.encode("latin-1"))],
    }
    return URL(scope=scope).hostname or ""


def preferred_locale(accept_language: str) -> str:
    """The first language of the header that texts exist in; English otherwise."""
    if len(accept_language) <= _REMEMBERED_LENGTH:
        return _known_locale(accept_language)
    return _locale(accept_language)


def _locale(accept_language: str) -> str:
    for part in accept_language.split(","):
        language = part.partition(";")[0].strip().partition("-")[0].lower()
        if language in LOCALES:
            return language
    return LOCALES[0]


# Headers are remembered by their text, so only those of the length that browsers send.
_REMEMBERED_LENGTH = 256
_known_host_name = lru_cache(maxsize=1_024)(_host_name)
_known_locale = lru_cache(maxsize=1_024)(_locale)
