"""Where an exception came from, without the values it carries.

Messages of exceptions quote callers' data (a duplicate e-mail address, a bad literal), so a log line names
the types and the places only.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import MutableMapping
from pathlib import PurePath
from types import TracebackType
from typing import Any

_MOST_FRAMES = 20
_MOST_CAUSES = 5


def describe_exception(error: BaseException) -> list[dict[str, Any]]:
    """The exception and its causes, outermost first: type, and `file:line function` per frame."""
    described: list[dict[str, Any]] = []
    current: BaseException | None = error
    while current is not None and len(described) < _MOST_CAUSES:
        kind = type(current)
        described.append(
            {"type": f"{kind.__module__}.{kind.__qualname__}", "frames": _frames(current.__traceback__)}
        )
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return described


def _frames(trace: TracebackType | None) -> list[str]:
    # Source lines are not wanted, and reading them from disk would hold up the event loop.
    frames = traceback.StackSummary.extract(traceback.walk_tb(trace), lookup_lines=False)[-_MOST_FRAMES:]
    return [f"{'/'.join(PurePath(f.filename).parts[-3:])}:{f.lineno} {f.name}" for f in frames]


def name_exception(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The structlog processor: `exc_info` becomes `failure`, described."""
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["failure"] = describe_exception(error)
    return event
