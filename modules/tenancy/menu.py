"""Where the module appears in the front ends."""

from __future__ import annotations

from modules.tenancy import permissions
from server.contracts.menu import Frontend, MenuItem

ADMIN = frozenset({Frontend.ADMIN})
OFFICES = frozenset({Frontend.ADMIN, Frontend.MERCHANT})

ITEMS = (
    MenuItem(
        "tenancy.merchants", "menu-merchants", "/merchants", "building-2", ADMIN, permissions.VIEW, order=10
    ),
    MenuItem(
        "tenancy.stores",
        "menu-stores",
        "/stores",
        "store",
        frozenset(Frontend),
        permissions.VIEW,
        order=20,
    ),
    MenuItem(
        "tenancy.team",
        "menu-team",
        "/team",
        "users-round",
        OFFICES,
        permissions.VIEW_TEAM,
        section="settings",
        order=10,
    ),
    MenuItem(
        "tenancy.api_keys",
        "menu-api-keys",
        "/api-keys",
        "key-round",
        OFFICES,
        permissions.MANAGE_API_KEYS,
        section="settings",
        order=20,
    ),
    MenuItem(
        "tenancy.audit_log",
        "menu-audit-log",
        "/audit-log",
        "scroll-text",
        ADMIN,
        permissions.VIEW_AUDIT_LOG,
        section="settings",
        order=30,
    ),
    MenuItem(
        "tenancy.platform",
        "menu-platform",
        "/platform",
        "settings",
        ADMIN,
        permissions.MANAGE_PLATFORM,
        section="settings",
        order=40,
    ),
)
