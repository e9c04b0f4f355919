"""Who a request is from, which platform it is about, and what they see of the schema."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Protocol

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


OpenContext = Callable[[Caller, PlatformRecord | None, str], Awaitable[Context]]


class Visits:
    """Identifies requests. `open` is the `Identify` that the endpoints take."""

    def __init__(
        self, callers: Callers, platforms: Platforms, views: ViewCache, open_context: OpenContext
    ) -> None:
        self._callers, self._platforms, self._views = callers, platforms, views
        self._open_context = open_context

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[Visit]:
        """The visit a request makes; raises `NotFound`, `Unauthenticated` or `Forbidden`.

        The platform is that of the path, else of the host name, else of the token. The first two never yield to a
        token of another platform.
        """
        token, by_cookie = credentials(request)
        platform = await self._named_platform(request)
        caller = await self._callers.identify(token, platform=platform, by_cookie=by_cookie)
        if platform is None and caller.platform_id is not None:
            platform = await self._platforms.by_id(caller.platform_id)
        ctx = await self._open_context(caller, platform, notes_of(request.scope).request_id)
        ctx.locale = preferred_locale(request.headers.get("accept-language", ""))
        view = self._views.get(ctx.modules, caller.audience or Audience.MERCHANT)
        try:
            yield Visit(ctx, view, address=request.client.host if request.client else "-")
        finally:
            await ctx.session.close()

    async def _named_platform(self, request: Request) -> PlatformRecord | None:
        code = request.path_params.get("platform")
        if code is None:
            return await self._platforms.by_host(request.url.hostname or "")
        platform = await self._platforms.by_code(code)
        if platform is None:
            raise NotFound("No platform has this code; check the address.")
        return platform


def credentials(request: Request) -> tuple[str | None, bool]:
    """The request's token, and whether a cookie brought it. A bearer token wins over a cookie."""
    header = request.headers.get("authorization")
    if header is None:
        token = request.cookies.get(SESSION_COOKIE)
        return token or None, token is not None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Send the token as `Authorization: Bearer <token>`.")
    return token.strip(), False


def preferred_locale(accept_language: str) -> str:
    """The first language of the header that texts exist in; English otherwise."""
    for part in accept_language.split(","):
        language = part.partition(";")[0].strip().partition("-")[0].lower()
        if language in LOCALES:
            return language
    return LOCALES[0]
