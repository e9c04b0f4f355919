"""What billing adds to the schema."""

from modules.billing.graphql.contributions import graph
from modules.billing.graphql.merchant import MerchantBilling
from modules.billing.graphql.mutations import BillingMutation
from modules.billing.graphql.queries import BillingQuery

__all__ = ["BillingMutation", "BillingQuery", "MerchantBilling", "graph"]
