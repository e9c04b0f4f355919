"""Which media type the client sent and which one it wants, after the GraphQL over HTTP specification."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

from starlette.datastructures import Headers

_USUAL_LENGTH = 200
"""Clients send one of a few short `Accept` headers each time; what follows from them is remembered."""


class MediaType(StrEnum):
    """The two media types of an answer."""

    JSON = "application/json"
    GRAPHQL = "application/graphql-response+json"


def _parameters(parts: list[str]) -> dict[str, str]:
    parameters = {}
    for part in parts:
        name, _, value = part.partition("=")
        parameters[name.strip().lower()] = value.strip().strip('"').lower()
    return parameters


def _quality(parameters: dict[str, str]) -> float:
    try:
        return min(1.0, max(0.0, float(parameters.get("q", "1"))))
    except ValueError:
        return 0.0


def accepted(headers: Headers) -> MediaType | None:
    """The media type to answer in; None when the client accepts neither (406)."""
    wanted = ",".join(headers.getlist("accept")).strip()
    if not wanted:
        return MediaType.JSON
    return _known_choice(wanted) if len(wanted) <= _USUAL_LENGTH else _choice(wanted)


def _choice(wanted: str) -> MediaType | None:
    qualities: dict[str, float] = {}
    for entry in wanted.split(","):
        name, *rest = entry.split(";")
        parameters = _parameters(rest)
        if parameters.get("charset", "utf-8") in {"utf-8", "utf8"}:
            qualities.setdefault(name.strip().lower(), _quality(parameters))
    anything = qualities.get("application/*", qualities.get("*/*", 0.0))
    graphql = qualities.get(MediaType.GRAPHQL, 0.0)
    json = qualities.get(MediaType.JSON, anything)
    if graphql and graphql >= json:
        return MediaType.GRAPHQL
    return MediaType.JSON if json else None


_known_choice = lru_cache(maxsize=128)(_choice)


def is_json_request(headers: Headers) -> bool:
    """Whether the body claims to be uncompressed JSON in UTF-8; anything else is refused (415).

    HTML forms of another site can send forms and plain text with the user's cookies, but not JSON.
    """
    given = headers.getlist("content-type")
    if len(given) != 1 or headers.get("content-encoding", "identity").strip().lower() != "identity":
        return False
    if given[0] == MediaType.JSON:
        return True
    name, *rest = given[0].split(";")
    parameters = _parameters(rest)
    return name.strip().lower() == MediaType.JSON and parameters.get("charset", "utf-8") in {"utf-8", "utf8"}
