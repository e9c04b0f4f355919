"""What a module says of its own health."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


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
