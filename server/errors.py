"""Failures with a name and a code.

A `FacetError` raised in a resolver reaches the client with its message and `extensions.code`; every other
exception is masked as `INTERNAL_ERROR`. Outcomes that a client should handle are members of a mutation's
result union instead (`server.graphql.results`).
"""

from __future__ import annotations

from typing import Any, ClassVar


class FacetError(Exception):
    """An expected failure. `details` are added to the error's extensions and must hold no secrets."""

    code: ClassVar[str] = "BAD_REQUEST"

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    @property
    def extensions(self) -> dict[str, Any]:
        return {"code": self.code, **self.details}


class Unauthenticated(FacetError):
    """No valid session or API key came with the request."""

    code = "UNAUTHENTICATED"


class Forbidden(FacetError):
    """The caller is known and lacks the right."""

    code = "FORBIDDEN"


class NotFound(FacetError):
    """Nothing the caller may see has this id."""

    code = "NOT_FOUND"


class BadUserInput(FacetError):
    """An argument has the right type and a wrong value."""

    code = "BAD_USER_INPUT"


class PlatformRequired(FacetError):
    """The operation needs a platform and the request names none."""

    code = "PLATFORM_REQUIRED"


class ModuleDisabled(FacetError):
    """The platform has switched the module off."""

    code = "MODULE_DISABLED"


class RateLimited(FacetError):
    """The caller's cost budget is used up for now."""

    code = "RATE_LIMITED"


class QueryTooCostly(FacetError):
    """The operation is over one of the limits."""

    code = "QUERY_TOO_COSTLY"


class ServiceUnavailable(FacetError):
    """Something the operation needs is away or overloaded. Nothing was changed."""

    code = "SERVICE_UNAVAILABLE"


class TimedOut(FacetError):
    """The operation, or one of its statements, took longer than it may."""

    code = "TIMEOUT"


class TryAgain(FacetError):
    """Another change got in the way; the same operation may succeed. Nothing was changed."""

    code = "TRY_AGAIN"


class OutcomeUnknown(FacetError):
    """The connection was lost while a change was being stored: it may or may not stand."""

    code = "OUTCOME_UNKNOWN"


class ConfigurationError(Exception):
    """The installation is wrong; the process cannot start. The message says what to change."""
