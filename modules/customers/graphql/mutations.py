"""Changing customers."""

from typing import Annotated, TypeAlias

import strawberry

from modules.customers import service
from modules.customers.graphql.contributions import graph
from modules.customers.graphql.results import (
    ArchiveCustomerPayload,
    ArchiveCustomerResult,
    CreateCustomerPayload,
    CreateCustomerResult,
    UpdateCustomerPayload,
    UpdateCustomerResult,
)
from modules.customers.permissions import CREATE, MANAGE
from modules.customers.types import Customer
from server.graphql.fields import mutation_field
from server.graphql.ids import local_id
from server.graphql.info import Info

Id: TypeAlias = Annotated[strawberry.relay.GlobalID, strawberry.argument(description="The customer's id.")]


@graph.mutation
class CustomersMutation:
    @mutation_field(description="Add a customer to a store.", permission=CREATE)
    async def create_customer(
        self,
        info: Info,
        store_id: Annotated[
            strawberry.relay.GlobalID, strawberry.argument(description="The store the customer buys in.")
        ],
        name: Annotated[str | None, strawberry.argument(description="The person's name.")] = None,
        email: Annotated[str | None, strawberry.argument(description="The person's e-mail address.")] = None,
        external_id: Annotated[
            str | None,
            strawberry.argument(description="Your own id of the customer, unique on the platform."),
        ] = None,
    ) -> CreateCustomerResult | None:
        customer = await service.create_customer(
            info.context,
            store_id=local_id(store_id, "Store"),
            name=name,
            email=email,
            external_id=external_id,
        )
        return CreateCustomerPayload(customer=Customer.of(customer))

    @mutation_field(description="Change what is known about a customer.", permission=MANAGE)
    async def update_customer(
        self,
        info: Info,
        id: Id,
        name: Annotated[
            str | None,
            strawberry.argument(description="The new name; null to forget it, left out to keep it."),
        ] = strawberry.UNSET,
        email: Annotated[
            str | None,
            strawberry.argument(description="The new address; null to forget it, left out to keep it."),
        ] = strawberry.UNSET,
    ) -> UpdateCustomerResult | None:
        given = {"name": name, "email": email}
        customer = await service.update_customer(
            info.context,
            customer_id=local_id(id, "Customer"),
            changes={key: value for key, value in given.items() if value is not strawberry.UNSET},
        )
        return UpdateCustomerPayload(customer=Customer.of(customer))

    @mutation_field(
        description="Put a customer aside: kept, but no longer listed or counted.", permission=MANAGE
    )
    async def archive_customer(self, info: Info, id: Id) -> ArchiveCustomerResult | None:
        customer = await service.archive_customer(info.context, customer_id=local_id(id, "Customer"))
        return ArchiveCustomerPayload(customer=Customer.of(customer))
