"""Who may see and change subscriptions."""

from __future__ import annotations

from server.contracts.permissions import ADMIN_ROLES, MERCHANT_ROLES, Permission

VIEW = "billing.view"
MANAGE = "billing.manage"

ALL = (
    Permission(VIEW, "View billing", "See tiers, subscriptions and recurring revenue.", MERCHANT_ROLES),
    Permission(
        MANAGE,
        "Manage billing",
        "Create tiers; create, change, pause, resume and cancel subscriptions.",
        ADMIN_ROLES,
    ),
)
