"""Customers on the types of the module that owns stores and merchants."""

import strawberry

from modules.customers.graphql.arguments import After, Filter, First, OrderBy
from modules.customers.graphql.contributions import graph
from modules.customers.loaders import Listing, ListingOf, customers_by_merchant, customers_by_store
from modules.customers.permissions import VIEW
from modules.customers.types import Customer, criteria, ordering
from modules.tenancy.api import Merchant, Store
from server.graphql.connections import Connection, connection
from server.graphql.fields import field
from server.graphql.info import Info


@graph.extend(Store)
class StoreCustomers:
    @field(description="Who buys in the store.", permission=VIEW)
    async def customers(
        self,
        root: strawberry.Parent[Store],
        info: Info,
        first: First = None,
        after: After = None,
        filter: Filter = None,
        order_by: OrderBy = None,
    ) -> Connection[Customer]:
        key = ListingOf(root.id, Listing(criteria(filter), ordering(order_by), first, after))
        return connection(await info.context.loader(customers_by_store).load(key), Customer.of)


@graph.extend(Merchant)
class MerchantCustomers:
    @field(description="Who buys in the merchant's stores, as far as the caller sees them.", permission=VIEW)
    async def customers(
        self,
        root: strawberry.Parent[Merchant],
        info: Info,
        first: First = None,
        after: After = None,
        filter: Filter = None,
        order_by: OrderBy = None,
    ) -> Connection[Customer]:
        key = ListingOf(root.id, Listing(criteria(filter), ordering(order_by), first, after))
        return connection(await info.context.loader(customers_by_merchant).load(key), Customer.of)
