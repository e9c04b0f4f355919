"""The declaration of a module: everything the kernel knows about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from server.context import Context
from server.contracts.demo import DemoData
from server.contracts.directory import Directory
from server.contracts.endpoints import Endpoint
from server.contracts.events import Handler
from server.contracts.features import FeatureDeclaration
from server.contracts.health import HealthCheck
from server.contracts.imports import ImportFile, Recipe
from server.contracts.menu import MenuItem
from server.contracts.metrics import Metric
from server.contracts.permissions import Permission
from server.graphql.graph import ModuleGraph

Hook = Callable[[Context], Awaitable[None]]


class ModuleKind(StrEnum):
    """Core modules are always on; optional ones are switched per platform; internal ones are optional and
    shown to administrators only."""

    CORE = "CORE"
    OPTIONAL = "OPTIONAL"
    INTERNAL = "INTERNAL"


@dataclass(frozen=True, kw_only=True)
class ModuleDefinition:
    """What a module declares in its `module.py`. Only the first three fields are needed.

    `package` is filled in by discovery. The folders `locales`, `migrations` and `web` beside `module.py` are used
    when they exist; name them in `folders` to have start-up insist on them.
    """

    code: str
    name: str
    description: str
    version: str = "1.0.0"
    requires: tuple[str, ...] = ()
    is_core: bool = False
    is_internal: bool = False
    graph: ModuleGraph | None = None
    metrics: tuple[Metric, ...] = ()
    features: tuple[FeatureDeclaration, ...] = ()
    permissions: tuple[Permission, ...] = ()
    menu: tuple[MenuItem, ...] = ()
    config: type[BaseModel] | None = None
    default_config: Mapping[str, Any] = field(default_factory=dict)
    jobs: tuple[Callable[..., Awaitable[Any]], ...] = ()
    handlers: tuple[Handler, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    imports: tuple[ImportFile, ...] = ()
    recipes: tuple[Recipe, ...] = ()
    demo: DemoData | None = None
    directory: Directory | None = None
    on_enable: Hook | None = None
    on_disable: Hook | None = None
    on_startup: Callable[[], Awaitable[None]] | None = None
    health_check: HealthCheck | None = None
    folders: tuple[str, ...] = ()
    package: str = ""

    @property
    def kind(self) -> ModuleKind:
        if self.is_core:
            return ModuleKind.CORE
        return ModuleKind.INTERNAL if self.is_internal else ModuleKind.OPTIONAL

    def folder(self, name: str) -> Path:
        """The module's own folder `name`, whether or not it exists."""
        return Path(str(files(self.package))) / name
