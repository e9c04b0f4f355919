"""Where the module appears in the front ends."""

from __future__ import annotations

from modules.customers import permissions
from server.contracts.menu import Frontend, MenuItem

ITEMS = (
    MenuItem(
        code="customers.list",
        label="menu-customers",
        path="/customers",
        icon="users",
        frontends=frozenset({Frontend.ADMIN, Frontend.MERCHANT, Frontend.STORE}),
        permission=permissions.VIEW,
        order=30,
    ),
)
