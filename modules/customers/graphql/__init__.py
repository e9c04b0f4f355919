"""What the module adds to the schema."""

from modules.customers.graphql.contributions import graph
from modules.customers.graphql.extensions import MerchantCustomers, StoreCustomers
from modules.customers.graphql.mutations import CustomersMutation
from modules.customers.graphql.queries import CustomersQuery

__all__ = ["CustomersMutation", "CustomersQuery", "MerchantCustomers", "StoreCustomers", "graph"]
