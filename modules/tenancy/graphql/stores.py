"""Finding, opening, changing and closing stores."""

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry.relay import GlobalID

from modules.tenancy.graphql.arguments import (
    City,
    CountryCode,
    ExternalId,
    MerchantId,
    NewCity,
    NewCountryCode,
    NewPhone,
    NewPostalCode,
    NewRegion,
    Phone,
    PostalCode,
    Region,
    StoreId,
)
from modules.tenancy.graphql.graph import graph
from modules.tenancy.loaders import stores_by_id
from modules.tenancy.permissions import MANAGE_STORES, VIEW
from modules.tenancy.repository import StoreRepository
from modules.tenancy.service import stores as service
from modules.tenancy.service.values import searchable
from modules.tenancy.types.arguments import PAGE, After, First
from modules.tenancy.types.errors import (
    ExternalIdTaken,
    MerchantIsArchived,
    MerchantNotFound,
    StoreIsClosed,
    StoreNotFound,
)
from modules.tenancy.types.ordering import StoreOrder, store_order
from modules.tenancy.types.places import Store
from server.graphql.asked import asked
from server.graphql.connections import Connection, connection
from server.graphql.fields import mutation_field, query_field
from server.graphql.ids import local_id
from server.graphql.info import Info
from server.graphql.instants import instant
from server.graphql.results import ValidationFailed


@strawberry.input(description="Which stores to list; conditions left out do not count.")
class StoreFilter:
    search: str | None = strawberry.field(default=None, description="Part of the name or of the external id.")
    merchant_id: GlobalID | None = strawberry.field(default=None, description="Of this merchant.")
    created_after: datetime | None = strawberry.field(default=None, description="Opened then or later.")
    created_before: datetime | None = strawberry.field(default=None, description="Opened earlier than then.")
    closed: bool | None = strawberry.field(
        default=None, description="true: only closed ones; false: only open ones."
    )


@graph.query
class StoreQuery:
    @query_field(description="The stores the caller can see.", permission=VIEW)
    async def stores(
        self,
        info: Info,
        first: First = PAGE,
        after: After = None,
        filter: Annotated[
            StoreFilter | None, strawberry.argument(description="Which ones; all when left out.")
        ] = None,
        order_by: Annotated[
            StoreOrder | None, strawberry.argument(description="The order; by name when left out.")
        ] = None,
    ) -> Connection[Store]:
        ctx, wanted, shown = info.context, filter or StoreFilter(), asked(info, Store)
        repository = StoreRepository(ctx)
        statement = repository.matching(
            shown.columns,
            search=searchable(wanted.search),
            merchant_id=local_id(wanted.merchant_id, "Merchant") if wanted.merchant_id else None,
            created_after=instant(ctx, "createdAfter", wanted.created_after),
            created_before=instant(ctx, "createdBefore", wanted.created_before),
            closed=wanted.closed,
        )
        page = await repository.page(statement, store_order(order_by), first, after)
        return connection(page, shown.of)

    @query_field(description="One store; null when the caller can see no such store.", permission=VIEW)
    async def store(self, info: Info, id: StoreId) -> Store | None:
        row = await info.context.loader(stores_by_id).load(local_id(id, "Store"))
        return Store.of(row) if row else None


@strawberry.type(description="The store was opened.")
class CreateStorePayload:
    store: Store = strawberry.field(description="The new store.")


@strawberry.type(description="The store was changed.")
class UpdateStorePayload:
    store: Store = strawberry.field(description="The store as it is now.")


@strawberry.type(description="The store was closed.")
class CloseStorePayload:
    store: Store = strawberry.field(description="The store as it is now.")


CreateStoreResult = Annotated[
    CreateStorePayload | MerchantNotFound | MerchantIsArchived | ExternalIdTaken | ValidationFailed,
    strawberry.union("CreateStoreResult", description="What came of opening a store."),
]
UpdateStoreResult = Annotated[
    UpdateStorePayload | StoreNotFound | StoreIsClosed | ValidationFailed,
    strawberry.union("UpdateStoreResult", description="What came of changing a store."),
]
CloseStoreResult = Annotated[
    CloseStorePayload | StoreNotFound | StoreIsClosed,
    strawberry.union("CloseStoreResult", description="What came of closing a store."),
]
Name = Annotated[str, strawberry.argument(description="What the store is called.")]
NewName = Annotated[
    str | None, strawberry.argument(description="What it is called from now on; left out to keep the name.")
]


@graph.mutation
class StoreMutation:
    @mutation_field(description="Open a store of a merchant.", permission=MANAGE_STORES)
    async def create_store(
        self,
        info: Info,
        merchant_id: MerchantId,
        name: Name,
        external_id: ExternalId = None,
        city: City = None,
        region: Region = None,
        postal_code: PostalCode = None,
        country_code: CountryCode = None,
        phone: Phone = None,
    ) -> CreateStoreResult | None:
        row = await service.create_store(
            info.context,
            merchant_id=local_id(merchant_id, "Merchant"),
            name=name,
            external_id=external_id,
            address={
                "city": city,
                "region": region,
                "postal_code": postal_code,
                "country_code": country_code,
                "phone": phone,
            },
        )
        return CreateStorePayload(store=Store.of(row))

    @mutation_field(description="Change what a store is called and where it is.", permission=MANAGE_STORES)
    async def update_store(
        self,
        info: Info,
        id: StoreId,
        name: NewName = strawberry.UNSET,
        city: NewCity = strawberry.UNSET,
        region: NewRegion = strawberry.UNSET,
        postal_code: NewPostalCode = strawberry.UNSET,
        country_code: NewCountryCode = strawberry.UNSET,
        phone: NewPhone = strawberry.UNSET,
    ) -> UpdateStoreResult | None:
        given = {
            "name": name,
            "city": city,
            "region": region,
            "postal_code": postal_code,
            "country_code": country_code,
            "phone": phone,
        }
        row = await service.update_store(
            info.context,
            id=local_id(id, "Store"),
            changes={key: value for key, value in given.items() if value is not strawberry.UNSET},
        )
        return UpdateStorePayload(store=Store.of(row))

    @mutation_field(
        description="Close a store for good. What was recorded stays readable.", permission=MANAGE_STORES
    )
    async def close_store(self, info: Info, id: StoreId) -> CloseStoreResult | None:
        row = await service.close_store(info.context, id=local_id(id, "Store"))
        return CloseStorePayload(store=Store.of(row))
