"""Merchants, their stores, and the people who work there."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Self

import strawberry

from modules.tenancy import models
from modules.tenancy.loaders import (
    Listing,
    memberships_by_id,
    memberships_by_merchant,
    merchants_by_id,
    stores_by_id,
    stores_by_merchant,
)
from modules.tenancy.permissions import VIEW, VIEW_TEAM
from modules.tenancy.types.arguments import PAGE, After, First
from modules.tenancy.types.ordering import MEMBERS_BY_AGE, StoreOrder, store_order
from server.contracts.metrics import ScopeKind
from server.db.statements import Row
from server.graphql.asked import asked
from server.graphql.batched import batched, load_each, load_known
from server.graphql.connections import Connection, connection
from server.graphql.info import Info
from server.metrics.graphql import MerchantMetrics, StoreMetrics, metrics_of
from server.metrics.graphql_types import MetricsContextInput

Stretch = Annotated[
    MetricsContextInput | None,
    strawberry.argument(description="Which stretch of time; the last 30 days when left out."),
]


@strawberry.enum(description="What a team member may do.")
class TeamRole(Enum):
    PLATFORM_ADMIN = strawberry.enum_value("platform_admin", description="Manages the whole platform.")
    MERCHANT_MEMBER = strawberry.enum_value(
        "merchant_member", description="Works for a merchant, in all its stores."
    )
    STORE_STAFF = strawberry.enum_value("store_staff", description="Works in one store.")


@strawberry.type(description="A business on the platform.")
class Merchant(strawberry.relay.Node):
    id: strawberry.relay.NodeID[int]
    name: str = strawberry.field(description="The name it does business under.")
    external_id: str | None = strawberry.field(description="Its id in the system it was imported from.")
    created_at: datetime = strawberry.field(description="When it joined.")
    archived_at: datetime | None = strawberry.field(description="When it was archived; null while in use.")

    @batched(description="Its stores that the caller can see.")
    @staticmethod
    async def stores(
        parents: Sequence["Merchant"],
        info: Info,
        first: First = PAGE,
        after: After = None,
        order_by: Annotated[
            StoreOrder | None, strawberry.argument(description="The order; by name when left out.")
        ] = None,
    ) -> Sequence[Connection["Store"]]:
        shown, ids = asked(info, Store), tuple(parent.id for parent in parents)
        listing = Listing(ids, store_order(order_by), first, after, shown.columns, shown.members)
        pages = await info.context.loader(stores_by_merchant).load(listing)
        return [connection(page, shown.of) for page in pages]

    @batched(description="The people who work for it, longest-serving first.", permission=VIEW_TEAM)
    @staticmethod
    async def team_members(
        parents: Sequence["Merchant"], info: Info, first: First = PAGE, after: After = None
    ) -> Sequence[Connection["TeamMember"]]:
        listing = Listing(tuple(parent.id for parent in parents), MEMBERS_BY_AGE, first, after)
        pages = await info.context.loader(memberships_by_merchant).load(listing)
        return [connection(page, TeamMember.of) for page in pages]

    @batched(description="Numbers about it.")
    @staticmethod
    async def metrics(
        parents: Sequence["Merchant"], info: Info, context: Stretch = None
    ) -> Sequence[MerchantMetrics | None]:
        return await metrics_of(info, ScopeKind.MERCHANT, [parent.id for parent in parents], context)

    @classmethod
    def of(cls, row: models.Merchant | Row) -> Self:
        """The merchant as clients see it."""
        return cls(
            id=row.id,
            name=row.name,
            external_id=row.external_id,
            created_at=row.created_at,
            archived_at=row.archived_at,
        )

    @classmethod
    async def resolve_nodes(cls, *, info: Info, node_ids: Iterable[str], required: bool = False) -> list[Any]:
        return await nodes(info, merchants_by_id, cls, node_ids, VIEW)


@strawberry.type(description="A place where a merchant sells.")
class Store(strawberry.relay.Node):
    id: strawberry.relay.NodeID[int]
    merchant_id: strawberry.Private[int]
    name: str = strawberry.field(description="What it is called.")
    external_id: str | None = strawberry.field(description="Its id in the system it was imported from.")
    city: str | None = strawberry.field(description="The town or city it is in.")
    region: str | None = strawberry.field(description="The state, province, canton or district it is in.")
    postal_code: str | None = strawberry.field(description="The postal code of its address.")
    country_code: str | None = strawberry.field(
        description="The country it is in, as ISO 3166-1 has it: two capitals such as LU."
    )
    phone: str | None = strawberry.field(description="How to ring it up, as it was written down.")
    created_at: datetime = strawberry.field(description="When it opened.")
    closed_at: datetime | None = strawberry.field(description="When it closed; null while open.")

    @batched(description="The merchant it belongs to.")
    @staticmethod
    async def merchant(parents: Sequence["Store"], info: Info) -> Sequence[Merchant]:
        # Whoever sees a store sees its merchant.
        keys = [store.merchant_id for store in parents]
        return [Merchant.of(row) for row in await load_known(info.context, merchants_by_id, keys)]

    @batched(description="Numbers about it.")
    @staticmethod
    async def metrics(
        parents: Sequence["Store"], info: Info, context: Stretch = None
    ) -> Sequence[StoreMetrics | None]:
        return await metrics_of(info, ScopeKind.STORE, [parent.id for parent in parents], context)

    @classmethod
    def of(cls, row: models.Store | Row) -> Self:
        """The store as clients see it."""
        return cls(
            id=row.id,
            merchant_id=row.merchant_id,
            name=row.name,
            external_id=row.external_id,
            city=row.city,
            region=row.region,
            postal_code=row.postal_code,
            country_code=row.country_code,
            phone=row.phone,
            created_at=row.created_at,
            closed_at=row.closed_at,
        )

    @classmethod
    async def resolve_nodes(cls, *, info: Info, node_ids: Iterable[str], required: bool = False) -> list[Any]:
        return await nodes(info, stores_by_id, cls, node_ids, VIEW)


@strawberry.type(description="A person's role on the platform, for a merchant, or in a store.")
class TeamMember(strawberry.relay.Node):
    id: strawberry.relay.NodeID[int]
    merchant_id: strawberry.Private[int | None]
    store_id: strawberry.Private[int | None]
    name: str = strawberry.field(description="The person's name.")
    email: str | None = strawberry.field(description="The person's e-mail address.")
    role: TeamRole = strawberry.field(description="What the person may do.")
    title: str | None = strawberry.field(description="What the merchant calls the role; it gives no rights.")
    has_account: bool = strawberry.field(description="Whether the person has an account on this system.")
    created_at: datetime = strawberry.field(description="When the person joined.")
    ended_at: datetime | None = strawberry.field(description="When the person left; null for members.")

    @batched(description="The merchant the person works for; null for administrators of the platform.")
    @staticmethod
    async def merchant(parents: Sequence["TeamMember"], info: Info) -> Sequence[Merchant | None]:
        rows = await load_each(info.context, merchants_by_id, [one.merchant_id for one in parents])
        return [Merchant.of(row) if row else None for row in rows]

    @batched(description="The store the person works in; null for those who work in all of them.")
    @staticmethod
    async def store(parents: Sequence["TeamMember"], info: Info) -> Sequence[Store | None]:
        rows = await load_each(info.context, stores_by_id, [one.store_id for one in parents])
        return [Store.of(row) if row else None for row in rows]

    @classmethod
    def of(cls, row: models.Membership | Row) -> Self:
        """The membership as clients see it."""
        return cls(
            id=row.id,
            merchant_id=row.merchant_id,
            store_id=row.store_id,
            name=row.name,
            email=row.email,
            role=TeamRole(row.role),
            title=row.title,
            has_account=row.user_id is not None,
            created_at=row.created_at,
            ended_at=row.ended_at,
        )

    @classmethod
    async def resolve_nodes(cls, *, info: Info, node_ids: Iterable[str], required: bool = False) -> list[Any]:
        return await nodes(info, memberships_by_id, cls, node_ids, VIEW_TEAM)


async def nodes(info: Info, batch: Any, node: Any, node_ids: Iterable[str], permission: str) -> list[Any]:
    """The objects with these ids; None for those out of reach, and for all without the permission."""
    ids: Sequence[int] = [int(id) if id.isascii() and id.isdigit() and len(id) < 19 else 0 for id in node_ids]
    if info.context.platform is None or not info.context.caller.can(permission):
        return [None for _ in ids]
    rows = await info.context.loader(batch).load_many(ids)
    return [node.of(row) if row is not None else None for row in rows]
