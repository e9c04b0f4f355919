"""Merchants and stores that callers were found to see."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeAlias

from server.auth.caller import Caller
from server.contracts.metrics import ScopeKind

TRUSTED_SECONDS = 60.0
MOST_REMEMBERED = 20_000
Key: TypeAlias = tuple[object, ...]


class KnownScopes:
    """Remembers for a short time what was found, never what was not: a new merchant counts at once.

    Merchants and stores are archived and closed but not deleted, and a store stays with its merchant; a caller whose
    reach changes is another key.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._found: dict[Key, float] = {}

    def has(self, caller: Caller, platform_id: int, kind: ScopeKind, scope_id: int) -> bool:
        """Whether the scope was found for such a caller a short time ago."""
        until = self._found.get(_key(caller, platform_id, kind, scope_id))
        return until is not None and self._monotonic() < until

    def add(self, caller: Caller, platform_id: int, kind: ScopeKind, scope_id: int) -> None:
        """Remember a scope that was found; the one found longest ago makes room."""
        key = _key(caller, platform_id, kind, scope_id)
        self._found.pop(key, None)
        self._found[key] = self._monotonic() + TRUSTED_SECONDS
        if len(self._found) > MOST_REMEMBERED:
            del self._found[next(iter(self._found))]


def _key(caller: Caller, platform_id: int, kind: ScopeKind, scope_id: int) -> Key:
    reach = None if caller.sees_everything else (caller.merchant_ids, caller.store_ids)
    return platform_id, kind, scope_id, reach
