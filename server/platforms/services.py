"""What this package needs of the application a context belongs to."""

from __future__ import annotations

from typing import Protocol, cast

from server.auth.audience import Audience
from server.context import Context
from server.platforms.directory import PlatformDirectory
from server.platforms.health import HealthChecks
from server.platforms.invalidation import Changes
from server.platforms.module_sets import ModuleSets
from server.platforms.registry import Registry


class PlatformServices(Protocol):
    """The parts of `server.app.Facet` used here."""

    registry: Registry
    module_sets: ModuleSets
    platforms: PlatformDirectory
    changes: Changes
    health: HealthChecks

    def view_fields(self, modules: frozenset[str], audience: Audience) -> set[str]:
        """`Type.field` of every field such a caller sees with these modules on."""
        ...


def services(ctx: Context) -> PlatformServices:
    """The application of an operation."""
    return cast(PlatformServices, ctx.services)
