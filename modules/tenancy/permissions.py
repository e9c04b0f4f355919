"""Who may do what with merchants, stores, teams, keys and the platform itself."""

from __future__ import annotations

from server.contracts.permissions import ADMIN_ROLES, ALL_ROLES, MERCHANT_ROLES, OPERATOR, Permission

VIEW = "tenancy.view"
MANAGE_MERCHANTS = "tenancy.manage_merchants"
MANAGE_STORES = "tenancy.manage_stores"
VIEW_TEAM = "tenancy.view_team"
MANAGE_TEAM = "tenancy.manage_team"
MANAGE_API_KEYS = "tenancy.manage_api_keys"
VIEW_AUDIT_LOG = "tenancy.view_audit_log"
MANAGE_PLATFORM = "tenancy.manage_platform"
CREATE_PLATFORMS = "tenancy.create_platforms"
MANAGE_ACCOUNTS = "tenancy.manage_accounts"

ALL = (
    Permission(VIEW, "View merchants and stores", "See the merchants and stores within reach.", ALL_ROLES),
    Permission(MANAGE_MERCHANTS, "Manage merchants", "Create, rename and archive merchants.", ADMIN_ROLES),
    Permission(MANAGE_STORES, "Manage stores", "Open, rename and close stores.", MERCHANT_ROLES),
    Permission(VIEW_TEAM, "View teams", "See who works for a merchant.", MERCHANT_ROLES),
    Permission(MANAGE_TEAM, "Manage teams", "Add people to teams and remove them.", MERCHANT_ROLES),
    Permission(
        MANAGE_API_KEYS, "Manage API keys", "Create and revoke API keys for programs.", MERCHANT_ROLES
    ),
    Permission(VIEW_AUDIT_LOG, "View the audit log", "See who changed what on the platform.", ADMIN_ROLES),
    Permission(
        MANAGE_PLATFORM, "Manage the platform", "Change the platform's name and settings.", ADMIN_ROLES
    ),
    Permission(CREATE_PLATFORMS, "Create platforms", "Create new platforms.", (OPERATOR,)),
    Permission(MANAGE_ACCOUNTS, "Manage accounts", "Give accounts new passwords.", (OPERATOR,)),
)
