"""The sample modules on a real database: composed, viewed and asked as the server does it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

from graphql import parse
from strawberry.schema.config import StrawberryConfig

from server.auth.audience import Audience
from server.auth.caller import Caller, CallerKind
from server.clock import FixedClock
from server.composition import KERNEL, ComposedModule, Composer, ViewCache
from server.composition.protection import protect
from server.context import Context, PlatformRecord
from server.contracts.permissions import ALL_ROLES, PLATFORM_ADMIN, STORE_STAFF
from server.db.session import Database
from server.errors import FacetError
from server.metrics.catalogue import Catalogue
from server.metrics.graphql import graph as metrics_graph
from server.metrics.graphql import with_metrics
from server.metrics.graphql_types import SCALARS
from server.metrics.known import KnownScopes
from server.metrics.permissions import PERMISSIONS
from server.platforms.registry import Registry
from tests.server.metrics.shops import definitions

NOON = datetime(2024, 6, 15, 12, tzinfo=UTC)
_numbers = count(1)
MODULES = frozenset({"shops", "tills"})


class Mall:
    """The application, as far as numbers need it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.known_scopes = KnownScopes()
        self.registry = Registry(definitions(), kernel_permissions=PERMISSIONS)
        self.catalogue = Catalogue(self.registry.definitions)
        parts = [ComposedModule(KERNEL, "server.metrics", metrics_graph)]
        for definition in self.registry.definitions:
            graph = with_metrics(definition)
            assert graph is not None
            parts.append(
                ComposedModule(
                    definition.code, definition.package, graph, definition.requires, definition.is_internal
                )
            )
        config = StrawberryConfig(scalar_map=SCALARS)
        self.schema = Composer(parts, config=config, finish=(protect,)).compose()
        self.views = ViewCache(self.schema, compile_at_use=1)

    def platform(self, timezone: str = "UTC", currency: str = "EUR") -> "MallPlatform":
        number = next(_numbers)
        record = PlatformRecord(
            id=number * 1_000_000, code=f"mall{number}", name="Mall", timezone=timezone, currency=currency
        )
        return MallPlatform(self, record)


@dataclass
class MallPlatform:
    """A platform of its own for one test; the ids it gives to merchants are nobody else's."""

    mall: Mall
    record: PlatformRecord
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOON))
    modules: frozenset[str] = MODULES

    @property
    def database(self) -> Database:
        return self.mall.database

    @property
    def first_id(self) -> int:
        return self.record.id + 1

    def caller(
        self,
        role: str = PLATFORM_ADMIN,
        merchants: tuple[int, ...] | None = None,
        stores: tuple[int, ...] = (),
    ) -> Caller:
        audience = {PLATFORM_ADMIN: Audience.ADMIN, STORE_STAFF: Audience.STORE}
        return Caller(
            kind=CallerKind.SESSION,
            audience=audience.get(role, Audience.MERCHANT),
            platform_id=self.record.id,
            roles=(role,),
            permissions=self.mall.registry.permissions_of((role,), self.modules),
            merchant_ids=merchants,
            store_ids=stores,
        )

    @asynccontextmanager
    async def context(
        self, caller: Caller | None = None, *, read_only: bool = False
    ) -> AsyncIterator[Context]:
        async with self.database.session(self.record.id, read_only=read_only) as session:
            yield Context(
                caller=caller or replace(self.caller(), roles=ALL_ROLES),
                session=session,
                platform=self.record,
                modules=self.modules,
                clock=self.clock,
                services=self.mall,
            )
            await session.commit()

    async def ask(self, text: str, caller: Caller | None = None, **variables: Any) -> tuple[Any, list[Any]]:
        """The data, and path and code of each error; the text of those that no resolver raised."""
        caller = caller or self.caller()
        view = self.mall.views.get(self.modules, caller.audience)
        document = parse(text)
        refused = view.validate(document)
        if refused:
            return None, [error.message for error in refused]
        async with self.context(caller, read_only=True) as ctx:
            result = await view.execute_document(document, context=ctx, variables=variables)
        return result.data, [_told(error) for error in result.errors or ()]


def _told(error: Any) -> Any:
    original = error.original_error
    if isinstance(original, FacetError):
        return ".".join(str(step) for step in error.path), original.code
    return error.message
