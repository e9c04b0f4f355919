"""A worker with one job, as a process of its own; `settings()` say which servers it uses."""

from __future__ import annotations

import asyncio
from typing import Any

from server.app import Facet
from server.contracts.module import ModuleDefinition
from server.db.audit import AuditEntry
from server.embedded.servers import open_servers
from server.platforms.installed import KERNEL_PERMISSIONS, installed
from server.platforms.registry import Registry
from server.settings import settings
from server.worker import run_worker


async def stamp(ctx: dict[str, Any], platform_id: int, number: int) -> None:
    """Write down that it ran."""
    facet: Facet = ctx["facet"]
    async with facet.database.begin(platform_id) as session:
        session.add(
            AuditEntry(
                platform_id=platform_id,
                at=facet.clock.now(),
                actor_kind="SYSTEM",
                action="press.stamp",
                subject=str(number),
            )
        )


press = ModuleDefinition(
    code="press",
    name="Press",
    description="Stamps.",
    jobs=(stamp,),
    package="tests.scenarios.reliability",
)

if __name__ == "__main__":
    registry = Registry([*installed().definitions, press], kernel_permissions=KERNEL_PERMISSIONS)
    asyncio.run(run_worker(settings(), open_servers(settings()), registry))
