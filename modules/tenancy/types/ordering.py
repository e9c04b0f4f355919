"""How lists can be ordered."""

from enum import Enum
from functools import cache
from typing import Any

import strawberry

from modules.tenancy.models import Membership, Merchant, Store
from server.db.paging import Order

MEMBERS_BY_AGE = Order("members", Membership.created_at, Membership.id)


@strawberry.enum(description="Which end of a list comes first.")
class OrderDirection(Enum):
    ASC = strawberry.enum_value("ASC", description="Smallest, earliest or alphabetically first.")
    DESC = strawberry.enum_value("DESC", description="Largest, latest or alphabetically last.")


@strawberry.enum(description="What merchants can be ordered by.")
class MerchantOrderField(Enum):
    NAME = strawberry.enum_value("name", description="The name.")
    CREATED_AT = strawberry.enum_value("created_at", description="When the merchant joined.")


@strawberry.enum(description="What stores can be ordered by.")
class StoreOrderField(Enum):
    NAME = strawberry.enum_value("name", description="The name.")
    CREATED_AT = strawberry.enum_value("created_at", description="When the store opened.")


@strawberry.input(description="How to order merchants.")
class MerchantOrder:
    field: MerchantOrderField = strawberry.field(description="What to order by.")
    direction: OrderDirection = strawberry.field(
        default=OrderDirection.ASC, description="Which end comes first."
    )


@strawberry.input(description="How to order stores.")
class StoreOrder:
    field: StoreOrderField = strawberry.field(description="What to order by.")
    direction: OrderDirection = strawberry.field(
        default=OrderDirection.ASC, description="Which end comes first."
    )


def merchant_order(wanted: MerchantOrder | None) -> Order:
    """By name when nothing is said."""
    return _order("merchants", Merchant, wanted)


def store_order(wanted: StoreOrder | None) -> Order:
    """By name when nothing is said."""
    return _order("stores", Store, wanted)


def _order(list_name: str, model: Any, wanted: MerchantOrder | StoreOrder | None) -> Order:
    column = str(wanted.field.value) if wanted else "name"
    return _made(list_name, model, column, wanted is not None and wanted.direction is OrderDirection.DESC)


@cache
def _made(list_name: str, model: Any, column: str, descending: bool) -> Order:
    direction = "desc" if descending else "asc"
    return Order(f"{list_name}.{column}.{direction}", getattr(model, column), model.id, descending)
