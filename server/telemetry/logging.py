"""Log lines: one JSON object each (a readable line in development), on standard error.

Our code logs an event name and plain values. Library loggers pass through the same processors, so an
exception never brings its message and no line brings a credential.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO

import orjson
import structlog
from structlog.stdlib import BoundLogger
from structlog.types import Processor

from server.telemetry.redaction import redact
from server.telemetry.traceback import name_exception

# These print queries, variables, statements' parameters or query strings at their usual level.
_QUIET_LOGGERS = {
    "alembic": logging.WARNING,
    "strawberry": logging.CRITICAL,
    "strawberry.execution": logging.CRITICAL,
    "graphql": logging.CRITICAL,
    "uvicorn.access": logging.CRITICAL,
    "sqlalchemy.engine": logging.ERROR,
    "sqlalchemy.pool": logging.ERROR,
    "arq": logging.ERROR,
    "websockets": logging.ERROR,
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
}
_TRUSTED_PREFIXES = ("server.", "modules.", "uvicorn", "alembic", "py.warnings")
_LONGEST_LINE = 300

REQUEST_ID: ContextVar[str | None] = ContextVar("facet_request_id", default=None)
"""The id of the request being answered; every line logged meanwhile carries it."""


def get_logger(name: str) -> BoundLogger:
    """A logger for our own code: `logger.info("event_name", key=value)`."""
    return structlog.stdlib.get_logger(name)


def log_plain(logger: logging.Logger, event: str, fields: dict[str, Any]) -> None:
    """Log fields that are known to hold plain words and numbers only, at the level INFO; ask before whether it is
    enabled.

    They pass neither structlog nor redaction nor a log record, which cost more than answering a small request.
    """
    for handler in logging.root.handlers:
        if isinstance(handler, _Handler):
            handler.write_plain(logger.name, event, fields)


class _Handler(logging.StreamHandler[TextIO]):
    """Writes records as their formatter says, and plain fields straight away."""

    def __init__(self, stream: TextIO, render: Callable[..., str]) -> None:
        super().__init__(stream)
        self._render = render

    def write_plain(self, name: str, event: str, fields: dict[str, Any]) -> None:
        at = datetime.now(UTC).isoformat(timespec="microseconds")
        whole = {
            **fields,
            "event": event,
            "level": "info",
            "logger": name,
            "timestamp": at.replace("+00:00", "Z"),
        }
        line = self._render(None, "info", whole) + self.terminator
        self.acquire()
        try:
            with suppress(OSError, ValueError):  # a line that nobody can read fails no request
                self.stream.write(line)
                self.stream.flush()
        finally:
            self.release()


def configure_logging(*, level: str = "INFO", as_json: bool = True, stream: TextIO | None = None) -> None:
    """Send every logger of the process to `stream` (standard error). Call once, before anything logs."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_request_id,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    render: Callable[..., str] = _render_json if as_json else structlog.dev.ConsoleRenderer(colors=False)
    # Exceptions lose their message before anything is rendered, and redaction comes last.
    last: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        name_exception,
        _exception_arguments,
        redact,
        render,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = _Handler(stream or sys.stderr, render)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, _strip_foreign],
            processors=last,
            use_get_message=False,
            pass_foreign_args=True,
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    _route_libraries()


def _route_libraries() -> None:
    for name in list(logging.root.manager.loggerDict):
        library = logging.getLogger(name)
        library.handlers[:] = []
        library.propagate = True
    for name, level in _QUIET_LOGGERS.items():
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(True)


def _add_request_id(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    request_id = REQUEST_ID.get()
    if request_id is not None:
        event["request_id"] = request_id
    return event


def _render_json(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def _strip_foreign(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A library's line: its first line, and its arguments only when they are known to hold no data."""
    text = str(event["event"])
    arguments = event.pop("positional_args", ())
    if arguments and str(event.get("logger")).startswith(_TRUSTED_PREFIXES):
        with suppress(TypeError, ValueError):
            text = text % arguments
    event["event"] = text.split("\n", 1)[0][:_LONGEST_LINE]
    return event


def _exception_arguments(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Exceptions given as values are named, not printed."""
    for key, value in event.items():
        if isinstance(value, BaseException):
            event[key] = type(value).__name__
    return event
