"""Asking for customers."""

from typing import Annotated

import strawberry

from modules.customers.graphql.arguments import After, Filter, First, OrderBy
from modules.customers.graphql.contributions import graph
from modules.customers.loaders import customers_by_id
from modules.customers.permissions import VIEW
from modules.customers.repository import CustomerRepository
from modules.customers.types import Customer, criteria, ordering
from server.graphql.asked import asked
from server.graphql.connections import Connection, connection
from server.graphql.fields import query_field
from server.graphql.ids import local_id
from server.graphql.info import Info


@graph.query
class CustomersQuery:
    @query_field(description="The customers of every store within reach.", permission=VIEW)
    async def customers(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        filter: Filter = None,
        order_by: OrderBy = None,
    ) -> Connection[Customer]:
        customers, shown = CustomerRepository(info.context), asked(info, Customer)
        page = await customers.page(
            criteria(info.context, filter),
            ordering(order_by),
            first=first,
            after=after,
            columns=shown.columns,
        )
        return connection(page, shown.of)

    @query_field(description="One customer; null when there is none within reach.", permission=VIEW)
    async def customer(
        self,
        info: Info,
        id: Annotated[strawberry.relay.GlobalID, strawberry.argument(description="The customer's id.")],
    ) -> Customer | None:
        row = await info.context.loader(customers_by_id).load(local_id(id, "Customer"))
        return Customer.of(row) if row else None
