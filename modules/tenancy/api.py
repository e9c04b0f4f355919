"""What other modules may use of this one.

`MerchantNotFound` and `StoreNotFound` are the error members for result unions; the kernel answers them when
`require_merchant` and `require_store` raise.
"""

from modules.tenancy.loaders import merchants_by_id, stores_by_id
from modules.tenancy.permissions import VIEW
from modules.tenancy.service.merchants import require_merchant
from modules.tenancy.service.stores import require_store
from modules.tenancy.types.errors import MerchantNotFound, StoreNotFound
from modules.tenancy.types.ordering import OrderDirection
from modules.tenancy.types.places import Merchant, Store
from modules.tenancy.types.platforms import Platform

__all__ = [
    "VIEW",
    "Merchant",
    "MerchantNotFound",
    "OrderDirection",
    "Platform",
    "Store",
    "StoreNotFound",
    "merchants_by_id",
    "require_merchant",
    "require_store",
    "stores_by_id",
]
