"""Proof that a request with a session cookie comes from our own pages."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request

from server.errors import Forbidden
from server.http.negotiate import is_json_request

_SAFE_METHODS = frozenset({"GET", "HEAD"})


def check_csrf(request: Request) -> None:
    """Raise `Forbidden` unless a browser says that the request is from our own origin.

    Call it for requests authenticated by a cookie. Browsers send `Sec-Fetch-Site` or `Origin` and let no page
    forge them; a request that changes something must carry one of them, and JSON.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    is_safe = request.method in _SAFE_METHODS
    if site is not None and site not in {"same-origin", "none"}:
        raise _foreign()
    if origin is not None and not _is_own(request, origin):
        raise _foreign()
    if is_safe:
        return
    if site is None and origin is None:
        raise Forbidden(
            "A request with a session cookie needs an Origin header. Outside a browser, send the token as "
            "`Authorization: Bearer …` instead."
        )
    if not is_json_request(request.headers):
        raise Forbidden("A request with a session cookie must be sent as application/json.")


def is_own_origin(request: Request) -> bool:
    """Whether the Origin header, if any, names the host the request was sent to (for WebSockets too)."""
    origin = request.headers.get("origin")
    return origin is None or _is_own(request, origin)


def _is_own(request: Request, origin: str) -> bool:
    host = request.headers.get("host", "")
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc) and parts.netloc.lower() == host.lower()


def _foreign() -> Forbidden:
    return Forbidden("This request comes from another site; its session cookie is not accepted.")
