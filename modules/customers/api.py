"""What other modules may use: the customer's type and loaders."""

from modules.customers.loaders import customers_by_id
from modules.customers.types import Customer

__all__ = ["Customer", "customers_by_id"]
