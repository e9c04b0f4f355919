"""Arguments that several fields take."""

from datetime import UTC, datetime
from typing import Annotated

import strawberry
from strawberry.relay import GlobalID

from server.context import Context
from server.errors import BadUserInput

MerchantId = Annotated[GlobalID, strawberry.argument(description="The merchant.")]
StoreId = Annotated[GlobalID, strawberry.argument(description="The store.")]
ExternalId = Annotated[
    str | None, strawberry.argument(description="Its id in your own system, unique on the platform.")
]


def instant(ctx: Context, field: str, value: datetime | None) -> datetime | None:
    """`value` in UTC; one without a zone is a time of the platform's. Raises `BadUserInput` out of range."""
    if value is None:
        return None
    if value.tzinfo is None:
        value = value.replace(tzinfo=ctx.current_platform.zone)
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise BadUserInput(f"`{field}` is out of range.", argument=field) from error
