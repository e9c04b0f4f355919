"""The sample's core module: keeps nobody, greets in two languages."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from server.auth.caller import Grant
from server.contracts.events import Handler, ModuleDisabled, ModuleEnabled
from server.contracts.menu import Frontend, MenuItem
from server.contracts.metrics import ScopeKind
from server.contracts.module import ModuleDefinition
from server.contracts.permissions import ALL_ROLES, Permission
from server.db.repository import Scope
from server.db.session import Session
from tests.server.platforms.sample import journal


class NoDirectory:
    async def grants(self, session: Session, platform_id: int, user_id: int) -> Sequence[Grant]:
        return []

    async def reachable(self, scope: Scope, kind: ScopeKind, ids: Collection[int]) -> set[int]:
        return set()


module = ModuleDefinition(
    code="base",
    name="Base",
    description="What every platform needs.",
    is_core=True,
    directory=NoDirectory(),
    permissions=(Permission("base.view", "View", "See the start page.", roles=ALL_ROLES),),
    menu=(
        MenuItem(
            code="base.home",
            label="menu-home",
            path="/",
            icon="home",
            frontends=frozenset(Frontend),
            permission="base.view",
            order=1,
        ),
    ),
    handlers=(Handler(ModuleEnabled, journal.listen), Handler(ModuleDisabled, journal.listen)),
    folders=("locales",),
)
