"""What callers may do with a platform's modules."""

from __future__ import annotations

from server.contracts.permissions import ADMIN_ROLES, ALL_ROLES, OPERATOR, Permission

VIEW_MODULES = "modules.view"
MANAGE_MODULES = "modules.manage"
ALLOW_MODULES = "modules.allow"
MANAGE_MENU = "menu.manage"
VIEW_HEALTH = "health.view"

PERMISSIONS = (
    Permission(VIEW_MODULES, "View modules", "See the platform's modules and features.", roles=ALL_ROLES),
    Permission(
        MANAGE_MODULES,
        "Manage modules",
        "Switch and configure modules, and see their history.",
        roles=ADMIN_ROLES,
    ),
    Permission(
        ALLOW_MODULES, "Allow modules", "Say which modules a platform may switch on.", roles=(OPERATOR,)
    ),
    Permission(MANAGE_MENU, "Manage menus", "Show and hide menu items.", roles=ADMIN_ROLES),
    Permission(VIEW_HEALTH, "View health", "See the state of the system and its modules.", roles=ADMIN_ROLES),
)
