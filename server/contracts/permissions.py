"""Permissions a module declares and the roles that hold them from the start."""

from __future__ import annotations

from dataclasses import dataclass

OPERATOR = "operator"
PLATFORM_ADMIN = "platform_admin"
MERCHANT_MEMBER = "merchant_member"
STORE_STAFF = "store_staff"

ADMIN_ROLES = (OPERATOR, PLATFORM_ADMIN)
MERCHANT_ROLES = (*ADMIN_ROLES, MERCHANT_MEMBER)
ALL_ROLES = (*MERCHANT_ROLES, STORE_STAFF)


@dataclass(frozen=True, slots=True)
class Permission:
    """A right, `<module>.<what>`, held by `roles` and by API keys that name it as a scope."""

    code: str
    name: str
    description: str
    roles: tuple[str, ...] = ADMIN_ROLES
