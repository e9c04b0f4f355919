"""Arguments that several fields take."""

from typing import Annotated

import strawberry
from strawberry.relay import GlobalID

MerchantId = Annotated[GlobalID, strawberry.argument(description="The merchant.")]
StoreId = Annotated[GlobalID, strawberry.argument(description="The store.")]
ExternalId = Annotated[
    str | None, strawberry.argument(description="Its id in your own system, unique on the platform.")
]
