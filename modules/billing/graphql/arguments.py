"""Arguments that several fields take."""

from enum import Enum
from functools import cache
from typing import Annotated, Any

import strawberry

from modules.billing.models import Subscription
from modules.billing.types import SubscriptionStatus
from modules.tenancy.api import OrderDirection
from server.db.paging import Order

First = Annotated[
    int | None, strawberry.argument(description="How many items the page holds: 1 to 100, usually 20.")
]
After = Annotated[str | None, strawberry.argument(description="The cursor behind which the page begins.")]


@strawberry.input(description="Which subscriptions to list; what is left out does not matter.")
class SubscriptionFilter:
    status: SubscriptionStatus | None = strawberry.field(
        default=None, description="What they are at this moment."
    )
    merchant_id: strawberry.relay.GlobalID | None = strawberry.field(
        default=None, description="Whose they are."
    )
    tier: str | None = strawberry.field(default=None, description="Code of the tier they are for.")


@strawberry.enum(description="What subscriptions can be ordered by.")
class SubscriptionOrderField(Enum):
    STARTED_AT = strawberry.enum_value("started_at", description="When they began.")
    CREATED_AT = strawberry.enum_value("created_at", description="When they were created.")


@strawberry.input(description="How to order subscriptions.")
class SubscriptionOrder:
    field: SubscriptionOrderField = strawberry.field(description="What to order by.")
    direction: OrderDirection = strawberry.field(
        default=OrderDirection.ASC, description="Which end comes first."
    )


def subscription_order(wanted: SubscriptionOrder | None) -> Order:
    """The latest first when nothing is said."""
    column = wanted.field.name.lower() if wanted else "started_at"
    descending = wanted is None or wanted.direction is OrderDirection.DESC
    return _order(column, descending)


@cache
def _order(column: str, descending: bool) -> Order:
    name = f"subscriptions.{column}.{'desc' if descending else 'asc'}"
    model: Any = Subscription
    return Order(name, getattr(model, column), model.id, descending)
