"""Customers on the types of the module that owns stores and merchants."""

from collections.abc import Sequence

from modules.customers.graphql.arguments import After, Filter, First, OrderBy
from modules.customers.graphql.contributions import graph
from modules.customers.loaders import Listing, ListingOf, customers_by_merchant, customers_by_store
from modules.customers.permissions import VIEW
from modules.customers.types import Customer, criteria, ordering
from modules.tenancy.api import Merchant, Store
from server.graphql.asked import asked
from server.graphql.batched import batched
from server.graphql.connections import Connection, connection
from server.graphql.info import Info


@graph.extend(Store)
class StoreCustomers:
    @batched(description="Who buys in the store.", permission=VIEW)
    @staticmethod
    async def customers(
        parents: Sequence[Store],
        info: Info,
        first: First = None,
        after: After = None,
        filter: Filter = None,
        order_by: OrderBy = None,
    ) -> Sequence[Connection[Customer]]:
        listing = Listing(criteria(info.context, filter), ordering(order_by), first, after)
        shown = asked(info, Customer)
        key = ListingOf(tuple(parent.id for parent in parents), listing, shown.columns, shown.members)
        pages = await info.context.loader(customers_by_store).load(key)
        return [connection(page, shown.of) for page in pages]


@graph.extend(Merchant)
class MerchantCustomers:
    @batched(
        description="Who buys in the merchant's stores, as far as the caller sees them.", permission=VIEW
    )
    @staticmethod
    async def customers(
        parents: Sequence[Merchant],
        info: Info,
        first: First = None,
        after: After = None,
        filter: Filter = None,
        order_by: OrderBy = None,
    ) -> Sequence[Connection[Customer]]:
        listing = Listing(criteria(info.context, filter), ordering(order_by), first, after)
        shown = asked(info, Customer)
        key = ListingOf(tuple(parent.id for parent in parents), listing, shown.columns, shown.members)
        pages = await info.context.loader(customers_by_merchant).load(key)
        return [connection(page, shown.of) for page in pages]
