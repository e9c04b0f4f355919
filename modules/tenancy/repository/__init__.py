"""How merchants, stores, memberships and credentials are stored and found."""

from modules.tenancy.repository.memberships import MembershipRepository
from modules.tenancy.repository.merchants import MerchantRepository
from modules.tenancy.repository.stores import StoreRepository

__all__ = ["MembershipRepository", "MerchantRepository", "StoreRepository"]
