"""What mutations of customers answer."""

from typing import Annotated, ClassVar, TypeAlias

import strawberry

from modules.customers import errors
from modules.customers.types import Customer
from modules.tenancy.api import StoreNotFound
from server.errors import FacetError
from server.graphql.results import Error, ValidationFailed

Raised: TypeAlias = tuple[type[FacetError], ...]


@strawberry.type(description="No customer within reach has this id.")
class CustomerNotFound(Error):
    raised_as: ClassVar[Raised] = (errors.CustomerNotFound,)


@strawberry.type(description="The customer is archived and does not change any more.")
class CustomerIsArchived(Error):
    raised_as: ClassVar[Raised] = (errors.CustomerIsArchived,)


@strawberry.type(description="Another customer of the platform has this external id.")
class DuplicateExternalId(Error):
    raised_as: ClassVar[Raised] = (errors.DuplicateExternalId,)


@strawberry.type(description="A customer was created.")
class CreateCustomerPayload:
    customer: Customer = strawberry.field(description="The new customer.")


@strawberry.type(description="A customer was changed.")
class UpdateCustomerPayload:
    customer: Customer = strawberry.field(description="The customer as it is now.")


@strawberry.type(description="A customer was archived.")
class ArchiveCustomerPayload:
    customer: Customer = strawberry.field(description="The customer as it is now.")


CreateCustomerResult = Annotated[
    CreateCustomerPayload | StoreNotFound | DuplicateExternalId | ValidationFailed,
    strawberry.union("CreateCustomerResult", description="The new customer, or why there is none."),
]
UpdateCustomerResult = Annotated[
    UpdateCustomerPayload | CustomerNotFound | CustomerIsArchived | ValidationFailed,
    strawberry.union("UpdateCustomerResult", description="The customer, or why nothing changed."),
]
ArchiveCustomerResult = Annotated[
    ArchiveCustomerPayload | CustomerNotFound | CustomerIsArchived,
    strawberry.union("ArchiveCustomerResult", description="The customer, or why nothing changed."),
]
