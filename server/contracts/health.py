"""What a module says of its own health."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum

from server.context import Context


class HealthStatus(StrEnum):
    HEALTHY = "HEALTHY"
    DEGRADED = "DEGRADED"
    UNHEALTHY = "UNHEALTHY"


@dataclass(frozen=True, slots=True)
class Health:
    """`message` and `details` are shown to administrators; no secrets."""

    status: HealthStatus = HealthStatus.HEALTHY
    message: str = "OK"
    details: dict[str, str] = field(default_factory=dict)


HealthCheck = Callable[[Context | None], Awaitable[Health]]
"""Asked about one platform with a reading context of the system there, where settings and rows can be looked
up; asked about the process with None, for what is the same on every platform."""
