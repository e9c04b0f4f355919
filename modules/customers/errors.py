"""What can go wrong, by name."""

from __future__ import annotations

from typing import ClassVar

from server.errors import FacetError


class CustomerNotFound(FacetError):
    """No customer within reach has this id."""

    code: ClassVar[str] = "CUSTOMERS_CUSTOMER_NOT_FOUND"


class CustomerIsArchived(FacetError):
    """An archived customer does not change any more."""

    code: ClassVar[str] = "CUSTOMERS_CUSTOMER_IS_ARCHIVED"


class DuplicateExternalId(FacetError):
    """Another customer of the platform has this external id."""

    code: ClassVar[str] = "CUSTOMERS_DUPLICATE_EXTERNAL_ID"
