"""Who may read numbers."""

from __future__ import annotations

from server.contracts.permissions import ADMIN_ROLES, ALL_ROLES, Permission

VIEW = Permission(
    code="metrics.view",
    name="View metrics",
    description="Read the numbers of the merchants and stores one can see.",
    roles=ALL_ROLES,
)
VIEW_PLATFORM = Permission(
    code="metrics.view_platform",
    name="View platform metrics",
    description="Read the numbers of the whole platform.",
    roles=ADMIN_ROLES,
)
PERMISSIONS = (VIEW, VIEW_PLATFORM)
