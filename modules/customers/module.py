"""What the module declares."""

from __future__ import annotations

from modules.customers import demo, features, imports, menu, metrics, permissions
from modules.customers.config import CustomersConfig
from modules.customers.graphql import graph
from modules.customers.recipes.olist import OLIST
from server.contracts.module import ModuleDefinition

module = ModuleDefinition(
    code="customers",
    name="Customers",
    description="Who buys in each store: lists, numbers, imports.",
    requires=("tenancy",),
    graph=graph,
    metrics=metrics.DECLARED,
    features=features.DECLARED,
    permissions=permissions.ALL,
    menu=menu.ITEMS,
    config=CustomersConfig,
    imports=imports.DECLARED,
    recipes=(OLIST,),
    demo=demo.DEMO,
    folders=("locales", "migrations"),
)
