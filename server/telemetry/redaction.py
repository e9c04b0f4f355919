"""The second fence: whatever a log call passes along, secrets do not get out.

The first fence is not to log callers' data at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

REDACTED = "[redacted]"

_SECRET_KEY = re.compile(
    r"passw(or)?d|passphrase|secret|token|authorization|cookie|credential|api[-_]?key|private[-_]?key|dsn"
    r"|session[-_]?id|variables|query_string|signature",
    re.IGNORECASE,
)
_NAMED = r"passw(?:or)?d|passphrase|secret|token|authorization|cookie|api[-_ ]?key|dsn|signature"
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # the query string of a path or URL
    (re.compile(r"(?P<path>/[^\s?\"']*)\?[^\s\"']+"), rf"\g<path>?{REDACTED}"),
    # user:password@ in any URL, also with an empty user
    (re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^/\s@'\"]*@", re.IGNORECASE), rf"\g<scheme>{REDACTED}@"),
    (re.compile(r"\b(?P<kind>bearer|basic)\s+[^\s'\",;]+", re.IGNORECASE), rf"\g<kind> {REDACTED}"),
    # password: "x", token=x, 'api_key': 'x' (also JSON with escaped quotes)
    (
        re.compile(
            rf"(?P<name>[\w-]*(?:{_NAMED})[\w-]*\\?[\"']?\s*[:=]\s*)"
            r"(?:\\?\"(?:[^\"\\]|\\.)*\\?\"|'(?:[^'\\]|\\.)*'|[^\s,;&)}\]]+)",
            re.IGNORECASE,
        ),
        rf"\g<name>{REDACTED}",
    ),
    # PostgreSQL tells the row's values
    (re.compile(r"(?P<kind>DETAIL|\[parameters|\[SQL)\b[^\n]*"), rf"\g<kind> {REDACTED}"),
)
_SUSPICIOUS = re.compile(r"[:=?\s\[]")
"""Without one of these characters no pattern matches; most values that are logged are single words."""
_OUR_OWN = frozenset({"timestamp", "level", "logger"})
_DEEPEST = 6


def redact_text(text: str) -> str:
    """`text` without credentials in URLs, headers, assignments and query strings."""
    if _SUSPICIOUS.search(text) is None:
        return text
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def redact_value(key: str, value: Any, depth: int = 0) -> Any:
    """`value` as it may be logged under `key`; anything but plain values becomes the name of its type."""
    if value is None or isinstance(value, bool):
        return value
    if _is_secret(key) or depth > _DEEPEST:
        return REDACTED
    if isinstance(value, int | float):
        return value
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, Mapping):
        return {str(name): redact_value(str(name), item, depth + 1) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact_value(key, item, depth + 1) for item in value]
    if isinstance(value, BaseException):
        return type(value).__name__
    return f"<{type(value).__name__}>"


def _is_secret(key: str) -> bool:
    return _SECRET_KEY.search(key) is not None


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The structlog processor: rewrites every value of an event."""
    return {key: value if key in _OUR_OWN else redact_value(key, value) for key, value in event.items()}
