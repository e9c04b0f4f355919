"""The arguments of every list of customers."""

from typing import Annotated, TypeAlias

import strawberry

from modules.customers.types import CustomerFilter, CustomerOrder

First: TypeAlias = Annotated[
    int | None, strawberry.argument(description="How many customers the page holds: 1 to 100, usually 20.")
]
After: TypeAlias = Annotated[
    str | None, strawberry.argument(description="The cursor behind which the page begins.")
]
Filter: TypeAlias = Annotated[
    CustomerFilter | None, strawberry.argument(description="Which customers; those in use when left out.")
]
OrderBy: TypeAlias = Annotated[
    CustomerOrder | None, strawberry.argument(description="The order; newest first when left out.")
]
