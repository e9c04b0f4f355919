"""The declaration of the billing module."""

from __future__ import annotations

from modules.billing import features, handlers, imports, menu, metrics, permissions
from modules.billing.config import BillingConfig
from modules.billing.demo import DEMO
from modules.billing.graphql import graph
from modules.billing.health import check_health
from modules.billing.recipes import telco
from server.contracts.module import ModuleDefinition

module = ModuleDefinition(
    code="billing",
    name="Billing",
    description="Tiers and subscriptions of merchants, and the recurring revenue they bring.",
    version="1.0.0",
    requires=("tenancy",),
    graph=graph,
    metrics=metrics.DECLARED,
    features=features.DECLARED,
    permissions=permissions.ALL,
    menu=menu.ITEMS,
    config=BillingConfig,
    handlers=handlers.HANDLERS,
    imports=imports.DECLARED,
    recipes=telco.DECLARED,
    demo=DEMO,
    health_check=check_health,
    folders=("locales", "migrations"),
)
