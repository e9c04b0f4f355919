"""What the kernel asks the one module that keeps merchants, stores and memberships."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from server.auth.caller import Grant
from server.contracts.metrics import ScopeKind
from server.db.repository import Scope
from server.db.session import Session


class Directory(Protocol):
    """Provided by exactly one core module (`ModuleDefinition.directory`)."""

    async def grants(self, session: Session, platform_id: int, user_id: int) -> Sequence[Grant]:
        """The roles the user holds on the session's platform."""
        ...

    async def reachable(self, scope: Scope, kind: ScopeKind, ids: Collection[int]) -> set[int]:
        """Those of the merchants (or stores) that exist and that the caller may see."""
        ...
