"""What is installed: every module's declaration, checked once, looked up for ever after."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from graphlib import TopologicalSorter
from pathlib import Path
from types import MappingProxyType

from server.contracts.directory import Directory
from server.contracts.events import Handler
from server.contracts.features import FeatureDeclaration
from server.contracts.menu import MenuItem
from server.contracts.metrics import Metric
from server.contracts.module import ModuleDefinition, ModuleKind
from server.contracts.permissions import Permission
from server.platforms.checks import check_definitions
from server.platforms.checks.names import KERNEL
from server.platforms.locales import Locales
from server.platforms.problems import RegistryError


class Registry:
    """The installed modules. Never changes; `modules` maps codes to definitions, requirements first.

    Raises `RegistryError` with every reason why the definitions do not fit together.
    """

    def __init__(
        self, definitions: Iterable[ModuleDefinition], *, kernel_permissions: Iterable[Permission] = ()
    ) -> None:
        found = sorted(definitions, key=lambda definition: definition.code)
        kernel = tuple(kernel_permissions)
        problems = check_definitions(found, kernel)
        if problems:
            raise RegistryError(problems)
        by_code = {definition.code: definition for definition in found}
        order = TopologicalSorter({code: definition.requires for code, definition in by_code.items()})
        self.modules: Mapping[str, ModuleDefinition] = MappingProxyType(
            {code: by_code[code] for code in order.static_order()}
        )
        self.codes = frozenset(self.modules)
        self.core = self._of_kind(ModuleKind.CORE)
        self.optional = self._of_kind(ModuleKind.OPTIONAL)
        self.internal = self._of_kind(ModuleKind.INTERNAL)
        self._permissions = {permission.code: (KERNEL, permission) for permission in kernel}
        for code, definition in self.modules.items():
            self._permissions.update({p.code: (code, p) for p in definition.permissions})
        self.metrics: Mapping[str, Metric] = MappingProxyType(
            {metric.key: metric for definition in self.modules.values() for metric in definition.metrics}
        )

    def __contains__(self, code: object) -> bool:
        return code in self.codes

    def __getitem__(self, code: str) -> ModuleDefinition:
        return self.modules[code]

    def get(self, code: str) -> ModuleDefinition | None:
        """The module, or None when none of that code is installed."""
        return self.modules.get(code)

    @property
    def definitions(self) -> tuple[ModuleDefinition, ...]:
        """All modules, requirements before those that require them."""
        return tuple(self.modules.values())

    @property
    def directory(self) -> Directory:
        """The one module's directory of merchants, stores and memberships."""
        return next(d.directory for d in self.modules.values() if d.directory is not None)

    @cached_property
    def locales(self) -> Locales:
        """The texts of all modules."""
        return Locales(self.modules.values())

    @property
    def handlers(self) -> Sequence[tuple[str, Handler]]:
        """Every declared handler with its module's code."""
        return [(code, handler) for code, d in self.modules.items() for handler in d.handlers]

    @property
    def permission_codes(self) -> frozenset[str]:
        """The codes of all permissions, the kernel's and every module's."""
        return frozenset(self._permissions)

    @property
    def migration_folders(self) -> list[Path]:
        """Where the modules' migrations are, if they have any."""
        return [definition.folder("migrations") for definition in self.modules.values()]

    def of_kind(self, kind: ModuleKind) -> frozenset[str]:
        """The codes of the core, optional or internal modules."""
        return {
            ModuleKind.CORE: self.core,
            ModuleKind.OPTIONAL: self.optional,
            ModuleKind.INTERNAL: self.internal,
        }[kind]

    def ordered(self, codes: Collection[str]) -> tuple[str, ...]:
        """The codes, requirements first."""
        return tuple(code for code in self.modules if code in codes)

    def closure(self, codes: Iterable[str]) -> tuple[str, ...]:
        """The modules and everything they require, directly or not, requirements first."""
        wanted, stack = set[str](), list(codes)
        while stack:
            code = stack.pop()
            if code not in wanted:
                wanted.add(code)
                stack.extend(self.modules[code].requires)
        return self.ordered(wanted)

    def dependents(self, code: str) -> tuple[str, ...]:
        """The modules that require this one, directly or not; each before those it requires."""
        found = {code}
        for other, definition in self.modules.items():
            if found.intersection(definition.requires):
                found.add(other)
        return tuple(reversed(self.ordered(found - {code})))

    def required_by(self, code: str) -> tuple[str, ...]:
        """The modules that name this one in their `requires`."""
        return tuple(other for other, definition in self.modules.items() if code in definition.requires)

    def permission(self, code: str) -> Permission | None:
        """The permission of that code, the kernel's or a module's."""
        found = self._permissions.get(code)
        return found[1] if found else None

    def permissions_in(self, modules: Collection[str]) -> tuple[tuple[str, Permission], ...]:
        """The kernel's permissions and those of `modules`, each with the code of its owner."""
        return tuple(p for p in self._permissions.values() if p[0] == KERNEL or p[0] in modules)

    def permissions_of(self, roles: Collection[str], modules: Collection[str]) -> frozenset[str]:
        """The codes of the permissions these roles hold while `modules` are enabled."""
        held = frozenset(roles)
        return frozenset(p.code for _, p in self.permissions_in(modules) if held.intersection(p.roles))

    def features_in(self, modules: Collection[str]) -> tuple[tuple[str, FeatureDeclaration], ...]:
        """The features of `modules`, each with its module's code, by `order`."""
        found = [(code, f) for code in self.ordered(modules) for f in self.modules[code].features]
        return tuple(sorted(found, key=lambda pair: (pair[1].order, pair[1].code)))

    def menu_items_in(self, modules: Collection[str]) -> tuple[tuple[str, MenuItem], ...]:
        """The menu items of `modules`, each with its module's code, by section and `order`."""
        found = [(code, item) for code in self.ordered(modules) for item in self.modules[code].menu]
        return tuple(sorted(found, key=lambda pair: (pair[1].section, pair[1].order, pair[1].code)))

    def metrics_in(self, modules: Collection[str]) -> tuple[Metric, ...]:
        """The metrics of `modules`."""
        return tuple(metric for metric in self.metrics.values() if metric.module in modules)

    def _of_kind(self, kind: ModuleKind) -> frozenset[str]:
        return frozenset(code for code, definition in self.modules.items() if definition.kind is kind)
