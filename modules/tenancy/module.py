"""The declaration of the module."""

from modules.tenancy import demo, imports, menu, metrics, permissions
from modules.tenancy.config import TenancyConfig
from modules.tenancy.directory import TenancyDirectory
from modules.tenancy.graphql import graph
from server.contracts.module import ModuleDefinition

module = ModuleDefinition(
    code="tenancy",
    name="Merchants and stores",
    description="Merchants, their stores, the people who work there, and how they sign in.",
    is_core=True,
    graph=graph,
    metrics=metrics.DECLARED,
    permissions=permissions.ALL,
    menu=menu.ITEMS,
    config=TenancyConfig,
    imports=imports.DECLARED,
    demo=demo.DEMO,
    directory=TenancyDirectory(),
    folders=("locales", "migrations"),
)
