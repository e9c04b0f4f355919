"""The application: what one process holds, wired together."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from server.auth.audience import Audience
from server.auth.caller import Caller, system_caller
from server.clock import Clock, SystemClock
from server.composition import ViewCache
from server.composition.supergraph import compose, visible_fields
from server.context import Context, PlatformRecord
from server.contracts.permissions import ALL_ROLES
from server.db.migrate import require_migrated
from server.db.session import Database
from server.embedded.servers import Servers, open_servers
from server.errors import NotFound
from server.events.bus import EventBus
from server.http.body import Parameters
from server.http.budget import Budget
from server.http.limits import Limits
from server.http.notes import RequestNotes
from server.http.operation import Operations, Visit
from server.metrics.known import KnownScopes
from server.platforms.cache import Freshness
from server.platforms.callers import Callers
from server.platforms.directory import PlatformDirectory
from server.platforms.health import HealthChecks, KernelCheck
from server.platforms.installed import KERNEL_PERMISSIONS, installed
from server.platforms.invalidation import CHANNELS, Changes
from server.platforms.module_sets import ModuleSets
from server.platforms.registry import Registry
from server.redis import Subscriber, connect
from server.settings import Settings, settings
from server.telemetry.prometheus import Meters


class Facet:
    """One process of Facet. `start` before the first operation, `stop` after the last."""

    def __init__(
        self, settings: Settings, servers: Servers, registry: Registry, *, clock: Clock | None = None
    ) -> None:
        self.settings = settings
        self.servers = servers
        self.registry = registry
        self.clock = clock or SystemClock()
        self.meters = Meters()
        self.known_scopes = KnownScopes()
        self.database = Database.connect(
            servers.app_url,
            owns_role=servers.app_logs_in,
            pool_size=settings.pool_size,
            statement_timeout_ms=settings.statement_timeout_ms,
            pool_wait_seconds=settings.pool_wait_seconds,
            retry_seconds=settings.retry_seconds,
        )
        self.redis = connect(servers.redis_url)
        self.schema = compose(registry)
        uses = {"never": 0, "at once": 1, "when repeated": 2}
        self.views = ViewCache(self.schema, settings.views, compile_at_use=uses[settings.compiled])
        self._open_platforms()
        self._open_operations()

    def _open_platforms(self) -> None:
        freshness = Freshness(
            self.settings.module_set_seconds, self.settings.module_set_seconds_without_redis
        )
        self.module_sets = ModuleSets(self.registry, self.database, freshness)
        self.platforms = PlatformDirectory(self.database, freshness)
        self.directory = self.registry.directory
        permissions = {code: d.permissions for code, d in self.registry.modules.items()}
        freshness_of_tokens = Freshness(
            self.settings.token_seconds, self.settings.token_seconds_without_redis
        )
        self.callers = Callers(
            database=self.database,
            directory=self.directory,
            permissions={**permissions, "kernel": KERNEL_PERMISSIONS},
            modules_of=self.module_sets.get,
            clock=self.clock,
            session_days=self.settings.session_days,
            freshness=freshness_of_tokens,
            remembered=self.settings.remembered_tokens,
        )
        self.changes = Changes(
            self.module_sets,
            self.platforms,
            self.callers.tokens,
            (freshness, freshness_of_tokens),
            self.redis,
        )
        self.subscriber = Subscriber(
            self.servers.redis_url,
            CHANNELS,
            on_message=self.changes.on_message,
            on_reconnected=self.changes.on_reconnected,
            on_lost=self.changes.on_lost,
        )
        self.health = HealthChecks(
            self.registry,
            (
                KernelCheck("database", self.database.ping, required=True),
                KernelCheck("redis", self.ping_redis),
            ),
            open_context=partial(self.system_context_of, read_only=True),
        )
        self.bus = EventBus(self.registry, self.system_context_of)

    def _open_operations(self) -> None:
        self.budget = Budget(
            self.redis,
            capacity=self.settings.cost_capacity,
            per_second=self.settings.cost_per_second,
            meters=self.meters,
        )
        self.operations = Operations(
            Limits(),
            self.budget,
            self.meters,
            seconds=self.settings.operation_seconds,
            retry_seconds=self.settings.retry_seconds,
        )
        self.meters.watch("facet_views", "Schema views in memory.", lambda: len(self.views))
        self.meters.watch("facet_view_hits", "Look-ups of a view in memory.", lambda: self.views.hits)
        self.meters.watch("facet_view_misses", "Views built.", lambda: self.views.misses)

    async def start(self) -> None:
        """Connect to Redis' messages and run the modules' start-up hooks."""
        self.subscriber.start()
        await self.health.run_startup()

    async def stop(self) -> None:
        """Let go of every connection."""
        await self.subscriber.stop()
        await self.changes.stop()
        await self.budget.stop()
        await self.callers.touches.stop()
        await self.redis.aclose()
        await self.database.close()

    async def context(
        self,
        caller: Caller,
        platform: PlatformRecord | None,
        *,
        read_only: bool = False,
        request_id: str = "-",
    ) -> Context:
        """A context for one operation; close its session when done."""
        modules = await self.module_sets.get(platform.id) if platform else self.registry.core
        return Context(
            caller=caller,
            session=self.database.session(platform.id if platform else None, read_only=read_only),
            platform=platform,
            modules=modules,
            is_read_only=read_only,
            clock=self.clock,
            request_id=request_id,
            services=self,
        )

    async def reading_context(
        self, caller: Caller, platform: PlatformRecord | None, request_id: str
    ) -> Context:
        """The context of a request: reads a snapshot until a mutation opens it for writing."""
        return await self.context(caller, platform, read_only=True, request_id=request_id)

    @asynccontextmanager
    async def system_context(
        self, platform: PlatformRecord, *, read_only: bool = False
    ) -> AsyncIterator[Context]:
        """A context of the system itself on a platform, with every permission of its enabled modules."""
        modules = await self.module_sets.get(platform.id)
        caller = system_caller(platform.id, self.registry.permissions_of(ALL_ROLES, modules))
        ctx = await self.context(caller, platform, read_only=read_only)
        try:
            yield ctx
        finally:
            await ctx.session.close()

    @asynccontextmanager
    async def system_context_of(self, platform_id: int, *, read_only: bool = False) -> AsyncIterator[Context]:
        """`system_context` of the platform with this id; raises `NotFound` for an unknown one."""
        platform = await self.platforms.by_id(platform_id)
        if platform is None:
            raise NotFound(f"There is no platform {platform_id}.")
        async with self.system_context(platform, read_only=read_only) as ctx:
            yield ctx

    async def open_again(self, ctx: Context) -> None:
        """Give a reading context a new session, and nothing of what it read by the old one."""
        ctx.forget_loaded()
        await ctx.session.close()
        ctx.session = self.database.session(ctx.platform.id if ctx.platform else None, read_only=True)

    async def open_for_writing(self, ctx: Context) -> None:
        """Give a reading context a session that may write."""
        ctx.forget_loaded()
        if ctx.is_read_only:
            await ctx.session.close()
            ctx.session = self.database.session(ctx.platform.id if ctx.platform else None)
            ctx.is_read_only = False

    async def enter(self, ctx: Context, caller: Caller, platform: PlatformRecord | None) -> None:
        """Make `ctx` that of another caller and platform for the rest of its operation; undoes its transaction."""
        await ctx.session.rollback()
        await ctx.session.close()
        ctx.caller, ctx.platform = caller, platform
        ctx.modules = await self.module_sets.get(platform.id) if platform else self.registry.core
        ctx.session = self.database.session(platform.id if platform else None)
        ctx.is_read_only = False
        ctx.forget_loaded()

    async def ping_redis(self) -> None:
        """Raise unless Redis answers."""
        await self.redis.ping()

    def view_fields(self, modules: frozenset[str], audience: Audience) -> set[str]:
        """`Type.field` for every field a caller of that kind sees with these modules."""
        return visible_fields(self.views.get(modules, audience))

    async def execute(
        self,
        text: str,
        variables: Mapping[str, Any] | None = None,
        *,
        caller: Caller,
        platform: PlatformRecord | None,
        operation_name: str | None = None,
    ) -> dict[str, Any]:
        """Run an operation as `caller`, with every check of `/graphql`; the response as a client reads it."""
        ctx = await self.reading_context(caller, platform, "-")
        view = self.views.get(ctx.modules, caller.audience or Audience.MERCHANT)
        parameters = Parameters(query=text, variables=dict(variables or {}), operation_name=operation_name)
        try:
            answer = await self.operations.answer(Visit(ctx, view), parameters, RequestNotes())
        finally:
            await ctx.session.close()
        response: dict[str, Any] = json.loads(answer.body())
        return response


@asynccontextmanager
async def opened() -> AsyncIterator[Facet]:
    """The application for a command, on a migrated database: started, and stopped afterwards."""
    servers = open_servers(settings())
    await require_migrated(servers.app_url, installed().migration_folders)
    facet = Facet(settings(), servers, installed())
    await facet.start()
    try:
        yield facet
    finally:
        await facet.stop()
