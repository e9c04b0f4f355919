"""Arguments that several fields take."""

from typing import Annotated

import strawberry
from strawberry.relay import GlobalID

MerchantId = Annotated[GlobalID, strawberry.argument(description="The merchant.")]
StoreId = Annotated[GlobalID, strawberry.argument(description="The store.")]
ExternalId = Annotated[
    str | None, strawberry.argument(description="Its id in your own system, unique on the platform.")
]

City = Annotated[
    str | None, strawberry.argument(description="The town or city it is in: at most 100 characters.")
]
Region = Annotated[
    str | None,
    strawberry.argument(
        description="The state, province, canton or district it is in: at most 100 characters."
    ),
]
PostalCode = Annotated[
    str | None, strawberry.argument(description="The postal code of its address: at most 20 characters.")
]
CountryCode = Annotated[
    str | None, strawberry.argument(description="The country it is in, a code of ISO 3166-1 such as LU.")
]
Phone = Annotated[
    str | None,
    strawberry.argument(description="How to ring it up, however you write that: at most 40 characters."),
]

NewCity = Annotated[
    str | None,
    strawberry.argument(description="The new town or city; null to forget it, left out to keep it."),
]
NewRegion = Annotated[
    str | None,
    strawberry.argument(
        description="The new state, province, canton or district; null to forget it, left out to keep it."
    ),
]
NewPostalCode = Annotated[
    str | None,
    strawberry.argument(description="The new postal code; null to forget it, left out to keep it."),
]
NewCountryCode = Annotated[
    str | None,
    strawberry.argument(
        description="The new country, a code of ISO 3166-1; null to forget it, left out to keep it."
    ),
]
NewPhone = Annotated[
    str | None,
    strawberry.argument(description="The new phone number; null to forget it, left out to keep it."),
]
