"""The modules installed in this environment, loaded once for each process."""

from __future__ import annotations

from functools import lru_cache

from server.metrics.permissions import PERMISSIONS as METRIC_PERMISSIONS
from server.platforms.discovery import discover
from server.platforms.permissions import PERMISSIONS as PLATFORM_PERMISSIONS
from server.platforms.registry import Registry

KERNEL_PERMISSIONS = (*PLATFORM_PERMISSIONS, *METRIC_PERMISSIONS)


@lru_cache(maxsize=1)
def installed() -> Registry:
    """Every module found; raises `RegistryError` with all reasons why they cannot be used."""
    return Registry(discover(), kernel_permissions=KERNEL_PERMISSIONS)
