"""Starlette with a shorter way to GraphQL, where nearly every request goes."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

_PATH = "/graphql"
_BEFORE_CODE, _AFTER_CODE = "/p/", "/graphql"


class Front(Starlette):
    """Hands requests for `/graphql` and `/p/{platform}/graphql` to `graphql` and all others to the routes.

    `graphql` answers like a route behind Starlette's middleware does, so bring your own guard. Below a root path the
    routes decide, so give them the endpoint too.
    """

    def __init__(self, graphql: ASGIApp, **options: Any) -> None:
        super().__init__(**options)
        self._graphql = graphql

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope.get("root_path"):
            path: str = scope["path"]
            code = None if path == _PATH else _code_in(path)
            if code or path == _PATH:
                scope["app"] = self
                scope["path_params"] = {"platform": code} if code else {}
                await self._graphql(scope, receive, send)
                return
        await super().__call__(scope, receive, send)


def _code_in(path: str) -> str | None:
    if not path.startswith(_BEFORE_CODE) or not path.endswith(_AFTER_CODE):
        return None
    code = path[len(_BEFORE_CODE) : -len(_AFTER_CODE)]
    return None if "/" in code else code
