"""Who may see and change customers."""

from __future__ import annotations

from server.contracts.permissions import ALL_ROLES, MERCHANT_ROLES, Permission

VIEW = "customers.view"
CREATE = "customers.create"
MANAGE = "customers.manage"

ALL = (
    Permission(VIEW, "View customers", "See the customers of the stores within reach.", ALL_ROLES),
    Permission(CREATE, "Create customers", "Add customers to the stores within reach.", ALL_ROLES),
    Permission(MANAGE, "Manage customers", "Change and archive customers.", MERCHANT_ROLES),
)
