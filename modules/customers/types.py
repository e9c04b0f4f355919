"""The GraphQL types of customers."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, Self

import strawberry

from modules.customers import models
from modules.customers.loaders import customers_by_id
from modules.customers.permissions import VIEW
from modules.customers.repository import ORDERS, CustomerCriteria
from modules.tenancy.api import Merchant, OrderDirection, Store, merchants_by_id, stores_by_id
from server.context import Context
from server.db.paging import Order
from server.db.statements import Row
from server.graphql.batched import batched, load_known
from server.graphql.ids import local_id
from server.graphql.info import Info
from server.graphql.instants import instant


@strawberry.type(
    description="Somebody who buys in a store. Whoever buys in two stores is a customer of each."
)
class Customer(strawberry.relay.Node):
    id: strawberry.relay.NodeID[int]
    merchant_id: strawberry.Private[int]
    store_id: strawberry.Private[int]
    name: str | None = strawberry.field(description="The person's name, if known.")
    email: str | None = strawberry.field(description="The person's e-mail address in lower case, if known.")
    external_id: str | None = strawberry.field(description="Their id in the system they were imported from.")
    created_at: datetime = strawberry.field(description="When the person became a customer.")
    archived_at: datetime | None = strawberry.field(description="When they were archived; null while in use.")

    @batched(description="The store they buy in.")
    @staticmethod
    async def store(parents: Sequence["Customer"], info: Info) -> Sequence[Store]:
        # Whoever sees a customer sees the store.
        keys = [customer.store_id for customer in parents]
        return [Store.of(row) for row in await load_known(info.context, stores_by_id, keys)]

    @batched(description="The merchant whose store it is.")
    @staticmethod
    async def merchant(parents: Sequence["Customer"], info: Info) -> Sequence[Merchant]:
        # Whoever sees a store sees its merchant.
        keys = [customer.merchant_id for customer in parents]
        return [Merchant.of(row) for row in await load_known(info.context, merchants_by_id, keys)]

    @classmethod
    def of(cls, row: models.Customer | Row) -> Self:
        """The customer as clients see it."""
        return cls(
            id=row.id,
            merchant_id=row.merchant_id,
            store_id=row.store_id,
            name=row.name,
            email=row.email,
            external_id=row.external_id,
            created_at=row.created_at,
            archived_at=row.archived_at,
        )

    @classmethod
    async def resolve_nodes(cls, *, info: Info, node_ids: Iterable[str], required: bool = False) -> list[Any]:
        ids = [int(id) if id.isascii() and id.isdigit() and len(id) < 19 else 0 for id in node_ids]
        if info.context.platform is None or not info.context.caller.can(VIEW):
            return [None for _ in ids]
        rows = await info.context.loader(customers_by_id).load_many(ids)
        return [cls.of(row) if row is not None else None for row in rows]


@strawberry.enum(description="What customers can be ordered by.")
class CustomerOrderField(Enum):
    CREATED_AT = strawberry.enum_value("created_at", description="When they became customers.")
    NAME = strawberry.enum_value("name", description="The name; those without one come first.")


@strawberry.input(description="How to order customers.")
class CustomerOrder:
    field: CustomerOrderField = strawberry.field(description="What to order by.")
    direction: OrderDirection = strawberry.field(
        default=OrderDirection.ASC, description="Which end comes first."
    )


@strawberry.input(description="Which customers to list.")
class CustomerFilter:
    search: str | None = strawberry.field(
        default=None, description="Part of the name or e-mail address, or the whole external id."
    )
    store_id: strawberry.relay.GlobalID | None = strawberry.field(
        default=None, description="Only customers of this store."
    )
    merchant_id: strawberry.relay.GlobalID | None = strawberry.field(
        default=None, description="Only customers of this merchant's stores."
    )
    created_after: datetime | None = strawberry.field(
        default=None, description="Only those who became customers at this time or later."
    )
    created_before: datetime | None = strawberry.field(
        default=None, description="Only those who became customers before this time."
    )
    archived: bool | None = strawberry.field(
        default=False, description="false: those in use; true: those archived; null: both."
    )


def ordering(wanted: CustomerOrder | None) -> Order:
    """Newest first when nothing is said."""
    if wanted is None:
        return ORDERS["created_at", True]
    return ORDERS[str(wanted.field.value), wanted.direction is OrderDirection.DESC]


def criteria(ctx: Context, wanted: CustomerFilter | None) -> CustomerCriteria:
    """What the repository looks for; those in use when nothing is said. Raises `BadUserInput`."""
    if wanted is None:
        return CustomerCriteria()
    return CustomerCriteria(
        search="".join(filter(str.isprintable, wanted.search or "")).strip() or None,
        store_id=local_id(wanted.store_id, "Store") if wanted.store_id else None,
        merchant_id=local_id(wanted.merchant_id, "Merchant") if wanted.merchant_id else None,
        created_after=instant(ctx, "createdAfter", wanted.created_after),
        created_before=instant(ctx, "createdBefore", wanted.created_before),
        archived=wanted.archived,
    )
