"""Menu items a module brings to the front ends."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Frontend(StrEnum):
    """The applications that show a menu."""

    ADMIN = "ADMIN"
    MERCHANT = "MERCHANT"
    STORE = "STORE"


@dataclass(frozen=True, slots=True)
class MenuItem:
    """An entry `<module>.<what>`: shown where the module is enabled, the permission held, and not hidden.

    `label` is the message key of the module's `locales/`, `icon` a key of the front end's icon set.
    """

    code: str
    label: str
    path: str
    icon: str
    frontends: frozenset[Frontend]
    permission: str
    section: str = "main"
    order: int = 100
