"""Where the module appears in the front ends."""

from __future__ import annotations

from modules.billing import permissions
from server.contracts.menu import Frontend, MenuItem

ITEMS = (
    MenuItem(
        code="billing.subscriptions",
        label="menu-billing-subscriptions",
        path="/billing/subscriptions",
        icon="credit-card",
        frontends=frozenset({Frontend.ADMIN, Frontend.MERCHANT}),
        permission=permissions.VIEW,
        section="billing",
        order=50,
    ),
    MenuItem(
        code="billing.revenue",
        label="menu-billing-revenue",
        path="/billing/revenue",
        icon="trending-up",
        frontends=frozenset({Frontend.ADMIN}),
        permission=permissions.VIEW,
        section="billing",
        order=51,
    ),
    MenuItem(
        code="billing.tiers",
        label="menu-billing-tiers",
        path="/billing/tiers",
        icon="layers",
        frontends=frozenset({Frontend.ADMIN}),
        permission=permissions.MANAGE,
        section="billing",
        order=52,
    ),
)
