"""Finding, creating, renaming and archiving merchants."""

from datetime import datetime
from typing import Annotated

import strawberry

from modules.tenancy.graphql.arguments import ExternalId, MerchantId
from modules.tenancy.graphql.graph import graph
from modules.tenancy.loaders import merchants_by_id
from modules.tenancy.permissions import MANAGE_MERCHANTS, VIEW
from modules.tenancy.repository import MerchantRepository
from modules.tenancy.service import merchants as service
from modules.tenancy.service.values import searchable
from modules.tenancy.types.arguments import PAGE, After, First
from modules.tenancy.types.errors import ExternalIdTaken, MerchantIsArchived, MerchantNotFound
from modules.tenancy.types.ordering import MerchantOrder, merchant_order
from modules.tenancy.types.places import Merchant
from server.graphql.asked import asked
from server.graphql.connections import Connection, connection
from server.graphql.fields import mutation_field, query_field
from server.graphql.ids import local_id
from server.graphql.info import Info
from server.graphql.instants import instant
from server.graphql.results import ValidationFailed


@strawberry.input(description="Which merchants to list; conditions left out do not count.")
class MerchantFilter:
    search: str | None = strawberry.field(default=None, description="Part of the name or of the external id.")
    created_after: datetime | None = strawberry.field(default=None, description="Joined then or later.")
    created_before: datetime | None = strawberry.field(default=None, description="Joined earlier than then.")
    archived: bool | None = strawberry.field(
        default=None, description="true: only archived ones; false: only those in use."
    )


@graph.query
class MerchantQuery:
    @query_field(description="The merchants the caller can see.", permission=VIEW)
    async def merchants(
        self,
        info: Info,
        first: First = PAGE,
        after: After = None,
        filter: Annotated[
            MerchantFilter | None, strawberry.argument(description="Which ones; all when left out.")
        ] = None,
        order_by: Annotated[
            MerchantOrder | None, strawberry.argument(description="The order; by name when left out.")
        ] = None,
    ) -> Connection[Merchant]:
        ctx, wanted, shown = info.context, filter or MerchantFilter(), asked(info, Merchant)
        repository = MerchantRepository(ctx)
        statement = repository.matching(
            shown.columns,
            search=searchable(wanted.search),
            created_after=instant(ctx, "createdAfter", wanted.created_after),
            created_before=instant(ctx, "createdBefore", wanted.created_before),
            archived=wanted.archived,
        )
        page = await repository.page(statement, merchant_order(order_by), first, after)
        return connection(page, shown.of)

    @query_field(description="One merchant; null when the caller can see no such merchant.", permission=VIEW)
    async def merchant(self, info: Info, id: MerchantId) -> Merchant | None:
        row = await info.context.loader(merchants_by_id).load(local_id(id, "Merchant"))
        return Merchant.of(row) if row else None


@strawberry.type(description="The merchant was created.")
class CreateMerchantPayload:
    merchant: Merchant = strawberry.field(description="The new merchant.")


@strawberry.type(description="The merchant was changed.")
class UpdateMerchantPayload:
    merchant: Merchant = strawberry.field(description="The merchant as it is now.")


@strawberry.type(description="The merchant was archived.")
class ArchiveMerchantPayload:
    merchant: Merchant = strawberry.field(description="The merchant as it is now.")


CreateMerchantResult = Annotated[
    CreateMerchantPayload | ExternalIdTaken | ValidationFailed,
    strawberry.union("CreateMerchantResult", description="What came of creating a merchant."),
]
UpdateMerchantResult = Annotated[
    UpdateMerchantPayload | MerchantNotFound | MerchantIsArchived | ValidationFailed,
    strawberry.union("UpdateMerchantResult", description="What came of changing a merchant."),
]
ArchiveMerchantResult = Annotated[
    ArchiveMerchantPayload | MerchantNotFound | MerchantIsArchived,
    strawberry.union("ArchiveMerchantResult", description="What came of archiving a merchant."),
]
Name = Annotated[str, strawberry.argument(description="The name it does business under.")]


@graph.mutation
class MerchantMutation:
    @mutation_field(description="Add a merchant to the platform.", permission=MANAGE_MERCHANTS)
    async def create_merchant(
        self, info: Info, name: Name, external_id: ExternalId = None
    ) -> CreateMerchantResult | None:
        row = await service.create_merchant(info.context, name=name, external_id=external_id)
        return CreateMerchantPayload(merchant=Merchant.of(row))

    @mutation_field(description="Rename a merchant.", permission=MANAGE_MERCHANTS)
    async def update_merchant(self, info: Info, id: MerchantId, name: Name) -> UpdateMerchantResult | None:
        row = await service.update_merchant(info.context, id=local_id(id, "Merchant"), name=name)
        return UpdateMerchantPayload(merchant=Merchant.of(row))

    @mutation_field(
        description="Take a merchant out of use and close its stores. What was recorded stays readable.",
        permission=MANAGE_MERCHANTS,
    )
    async def archive_merchant(self, info: Info, id: MerchantId) -> ArchiveMerchantResult | None:
        row = await service.archive_merchant(info.context, id=local_id(id, "Merchant"))
        return ArchiveMerchantPayload(merchant=Merchant.of(row))
