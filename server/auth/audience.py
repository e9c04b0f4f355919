"""Who a caller is to the platform: decides which contributions and menus they can see at all."""

from __future__ import annotations

from enum import StrEnum


class Audience(StrEnum):
    """The kinds of caller, widest reach first."""

    OPERATOR = "OPERATOR"
    ADMIN = "ADMIN"
    MERCHANT = "MERCHANT"
    STORE = "STORE"


ADMINS: frozenset[Audience] = frozenset({Audience.OPERATOR, Audience.ADMIN})
EVERYONE: frozenset[Audience] = frozenset(Audience)
