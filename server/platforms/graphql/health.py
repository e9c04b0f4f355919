"""The health of the system and of its modules."""

from enum import Enum

import strawberry
from strawberry.scalars import JSON

from server.auth.audience import ADMINS
from server.graphql.fields import query_field
from server.graphql.info import Info
from server.platforms.graphql.graph import graph
from server.platforms.health import CheckResult
from server.platforms.permissions import VIEW_HEALTH
from server.platforms.services import services


@strawberry.enum(description="How well something works.")
class HealthStatus(Enum):
    HEALTHY = strawberry.enum_value("HEALTHY", description="Everything works.")
    DEGRADED = strawberry.enum_value("DEGRADED", description="Something does not work, the rest does.")
    UNHEALTHY = strawberry.enum_value("UNHEALTHY", description="It does not work.")


@strawberry.type(description="What a check of health found.")
class ModuleHealth:
    code: str = strawberry.field(description="The module, or the name of what the system depends on.")
    status: HealthStatus = strawberry.field(description="How well it works.")
    message: str = strawberry.field(description="What is wrong, for people; OK when nothing is.")
    latency_ms: float = strawberry.field(description="Milliseconds the check took.")
    details: JSON = strawberry.field(description="More about it, as names with texts.")


@strawberry.type(description="The health of the system and of the modules in use.")
class Health:
    status: HealthStatus = strawberry.field(
        description="All together: a module that does not work degrades the system, which still serves."
    )
    checks: list[ModuleHealth] = strawberry.field(description="What the system depends on.")
    modules: list[ModuleHealth] = strawberry.field(
        description="The modules that are on; without a platform, all that are installed."
    )


@graph.query(audience=ADMINS)
class HealthQuery:
    @query_field(description="Whether everything works. Asked now.", permission=VIEW_HEALTH, cost=20)
    async def health(self, info: Info) -> Health:
        ctx = info.context
        health = services(ctx).health
        report = await (health.report(ctx.modules, ctx.platform.id) if ctx.platform else health.report())
        return Health(
            status=HealthStatus(report.status.value),
            checks=[to_health(result) for result in report.checks],
            modules=[to_health(result) for result in report.modules],
        )


def to_health(result: CheckResult) -> ModuleHealth:
    return ModuleHealth(
        code=result.code,
        status=HealthStatus(result.status.value),
        message=result.message,
        latency_ms=result.latency_ms,
        details=JSON(dict(result.details)),
    )
