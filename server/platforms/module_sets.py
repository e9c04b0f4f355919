"""Which modules are on for a platform, and why.

Three layers decide: the ceiling (`platform.allowed_modules`), the platform's choice (its `platform_module`
rows, or `platform.default_modules` where there is none), and the requirements. Core modules are always on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from sqlalchemy import select

from server.db.session import Database, Session
from server.errors import NotFound
from server.platforms.cache import FreshCache, Freshness
from server.platforms.models import Platform, PlatformModule
from server.platforms.registry import Registry


@dataclass(frozen=True)
class ModuleLayers:
    """Why one module is on or off. `is_chosen_by_default` tells a default from a decision."""

    code: str
    is_core: bool
    is_allowed: bool
    is_chosen: bool
    is_chosen_by_default: bool
    missing: tuple[str, ...]
    is_enabled: bool

    @property
    def reason(self) -> str:
        """The first layer that decides, as a sentence."""
        if self.is_core:
            return "Core modules are always on."
        if not self.is_allowed:
            return "The operator does not allow this module on the platform."
        if not self.is_chosen:
            return "Not among the platform's defaults." if self.is_chosen_by_default else "Switched off."
        if self.missing:
            return f"Needs {', '.join(self.missing)}, which is off."
        return "On by default." if self.is_chosen_by_default else "Switched on."


@dataclass(frozen=True)
class ModuleState:
    """The three layers of one platform. `allowed` None allows every module."""

    platform_id: int
    registry: Registry = field(repr=False, compare=False)
    allowed: frozenset[str] | None = None
    defaults: frozenset[str] = frozenset()
    choices: Mapping[str, bool] = field(default_factory=dict)

    @cached_property
    def enabled(self) -> frozenset[str]:
        """Core modules, and those chosen and allowed whose requirements are on."""
        on = set[str]()
        for code, definition in self.registry.modules.items():
            if definition.is_core or (
                self.allows(code) and self.chooses(code) and on.issuperset(definition.requires)
            ):
                on.add(code)
        return frozenset(on)

    def allows(self, code: str) -> bool:
        """Whether the module is under the ceiling; core modules are."""
        return self.allowed is None or code in self.allowed or code in self.registry.core

    def chooses(self, code: str) -> bool:
        """The platform's decision, or its default where it made none."""
        return self.choices.get(code, code in self.defaults)

    def choosing(self, choices: Mapping[str, bool]) -> ModuleState:
        """The state after deciding so."""
        return replace(self, choices={**self.choices, **choices})

    def explain(self, code: str) -> ModuleLayers:
        """The layers of an installed module."""
        definition = self.registry[code]
        return ModuleLayers(
            code=code,
            is_core=definition.is_core,
            is_allowed=self.allows(code),
            is_chosen=definition.is_core or self.chooses(code),
            is_chosen_by_default=code not in self.choices,
            missing=tuple(c for c in self.registry.ordered(definition.requires) if c not in self.enabled),
            is_enabled=code in self.enabled,
        )


async def read_state(session: Session, registry: Registry, platform_id: int) -> ModuleState:
    """The stored state, as the session's transaction sees it; raises `NotFound` for an unknown platform."""
    statement = (
        select(
            Platform.allowed_modules,
            Platform.default_modules,
            PlatformModule.module_code,
            PlatformModule.is_enabled,
        )
        .outerjoin(PlatformModule, PlatformModule.platform_id == Platform.id)
        .where(Platform.id == platform_id)
    )
    rows: list[Any] = (await session.execute(statement)).all()
    if not rows:
        raise NotFound(f"There is no platform {platform_id}.")
    allowed = rows[0].allowed_modules
    return ModuleState(
        platform_id=platform_id,
        registry=registry,
        allowed=None if allowed is None else frozenset(allowed),
        defaults=frozenset(rows[0].default_modules),
        choices={row.module_code: row.is_enabled for row in rows if row.module_code is not None},
    )


class ModuleSets:
    """Every platform's state, in memory."""

    def __init__(self, registry: Registry, database: Database, freshness: Freshness) -> None:
        self._registry, self._database = registry, database
        self._states: FreshCache[int, ModuleState] = FreshCache(self._load, freshness)

    async def get(self, platform_id: int) -> frozenset[str]:
        """The codes of the enabled modules: a look-up in memory, a statement when nothing fresh is known."""
        return (await self._states.get(platform_id)).enabled

    async def state(self, platform_id: int) -> ModuleState:
        """The layers behind `get`."""
        return await self._states.get(platform_id)

    async def is_enabled(self, platform_id: int, code: str) -> bool:
        """Whether the platform has the module on."""
        return code in await self.get(platform_id)

    def forget(self, platform_id: int) -> None:
        """Read the platform again when next asked."""
        self._states.forget(platform_id)

    def forget_all(self) -> None:
        """Read every platform again when next asked."""
        self._states.forget_all()

    async def _load(self, platform_id: int) -> ModuleState:
        return await self._database.read(
            platform_id, lambda session: read_state(session, self._registry, platform_id)
        )
