"""The platform's modules: what they are, whether they are on, and how they are set."""

from collections.abc import Iterable
from enum import Enum
from typing import Annotated, Any

import strawberry
from strawberry.scalars import JSON

from server.auth.audience import ADMINS
from server.context import Context
from server.contracts.module import ModuleDefinition
from server.graphql.fields import field, query_field
from server.graphql.info import Info
from server.platforms.configuration import module_config
from server.platforms.graphql.graph import graph, is_shown, text
from server.platforms.graphql.health import ModuleHealth, to_health
from server.platforms.module_sets import ModuleState
from server.platforms.permissions import VIEW_MODULES
from server.platforms.services import services


@strawberry.enum(description="Which switches a module has.")
class ModuleKind(Enum):
    CORE = strawberry.enum_value("CORE", description="Always on.")
    OPTIONAL = strawberry.enum_value("OPTIONAL", description="Switched on and off per platform.")
    INTERNAL = strawberry.enum_value("INTERNAL", description="Optional, and shown to administrators only.")


graph.own(ModuleKind.INTERNAL, audience=ADMINS)


@strawberry.enum(description="Where the value of a setting comes from.")
class ConfigLayer(Enum):
    DEFAULT = strawberry.enum_value("DEFAULT", description="The module's own default.")
    PLATFORM_DEFAULT = strawberry.enum_value(
        "PLATFORM_DEFAULT", description="A default the operator gave the platform."
    )
    PLATFORM = strawberry.enum_value("PLATFORM", description="The platform set it.")


@strawberry.type(description="Why a module is on or off: it is on when all layers agree.")
class ModuleLayers:
    is_core: bool = strawberry.field(description="It is always on, whatever the other layers say.")
    is_allowed: bool = strawberry.field(description="The operator allows it on this platform.")
    is_chosen: bool = strawberry.field(description="The platform wants it.")
    is_chosen_by_default: bool = strawberry.field(
        description="The platform has not decided; its defaults speak for it."
    )
    missing: list[str] = strawberry.field(description="Codes of required modules that are off.")


@strawberry.type(description="One setting of a module and where its value comes from.")
class ConfigSource:
    path: str = strawberry.field(description="The setting, as a dotted path in the configuration.")
    source: ConfigLayer = strawberry.field(description="Where the value comes from.")
    is_secret: bool = strawberry.field(description="It can be set and is never shown.")
    is_set: bool = strawberry.field(description="It has a value.")


@strawberry.type(description="A part of the product that a platform can switch on.")
class Module:
    definition: strawberry.Private[ModuleDefinition]
    state: strawberry.Private[ModuleState]
    code: str = strawberry.field(description="Its stable name, for programs.")
    version: str = strawberry.field(description="Its semantic version.")
    kind: ModuleKind = strawberry.field(description="Which switches it has.")
    is_enabled: bool = strawberry.field(description="Whether it is on for the platform.")

    @field(description="Its name, for people.")
    def name(self, info: Info) -> str:
        return text(info, self.code, "module-name", self.definition.name)

    @field(description="What it does, for people.")
    def description(self, info: Info) -> str:
        return text(info, self.code, "module-description", self.definition.description)

    @field(description="Codes of the modules it needs; they are switched on with it.")
    def requires(self, info: Info) -> list[str]:
        return _shown(info.context, self.definition.requires)

    @field(description="Codes of the modules that need it; they are switched off with it.")
    def required_by(self, info: Info) -> list[str]:
        return _shown(info.context, self.state.registry.required_by(self.code))


@graph.extend(Module, audience=ADMINS)
class ModuleAdministration:
    @field(description="Its settings in force, without secrets; null when it has none to set here.")
    async def config(self, info: Info, root: strawberry.Parent[Module]) -> JSON | None:
        if not _is_configurable(info.context, root):
            return None
        return JSON((await module_config(info.context, root.code)).visible)

    @field(description="JSON Schema of its settings; null when it has none.")
    def config_schema(self, root: strawberry.Parent[Module]) -> JSON | None:
        schema = root.definition.config
        return JSON(schema.model_json_schema()) if schema else None

    @field(description="Where each value of `config` comes from, secrets included.")
    async def config_sources(self, info: Info, root: strawberry.Parent[Module]) -> list[ConfigSource]:
        if not _is_configurable(info.context, root):
            return []
        config = await module_config(info.context, root.code)
        return [
            ConfigSource(
                path=s.path, source=ConfigLayer(s.layer.value), is_secret=s.is_secret, is_set=s.is_set
            )
            for s in config.settings
        ]

    @field(description="Whether it works, on this platform where it is on. Asked now.", cost=5)
    async def health(self, info: Info, root: strawberry.Parent[Module]) -> ModuleHealth:
        platform_id = root.state.platform_id if root.is_enabled else None
        return to_health(await services(info.context).health.module(root.code, platform_id))

    @field(description="Whether nobody on the platform can switch it.")
    def locked(self, root: strawberry.Parent[Module]) -> bool:
        layers = root.state.explain(root.code)
        return layers.is_core or not layers.is_allowed

    @field(description="Why it is on or off, in a sentence.")
    def reason(self, root: strawberry.Parent[Module]) -> str:
        return root.state.explain(root.code).reason

    @field(description="Why it is on or off, layer by layer.")
    def layers(self, root: strawberry.Parent[Module]) -> ModuleLayers:
        layers = root.state.explain(root.code)
        return ModuleLayers(
            is_core=layers.is_core,
            is_allowed=layers.is_allowed,
            is_chosen=layers.is_chosen,
            is_chosen_by_default=layers.is_chosen_by_default,
            missing=list(layers.missing),
        )


@graph.query
class ModuleQuery:
    @query_field(
        description="The modules of the platform, requirements first. Those that are off are listed for "
        "administrators only.",
        permission=VIEW_MODULES,
        cost=1,
    )
    async def modules(
        self,
        info: Info,
        kind: Annotated[
            ModuleKind | None, strawberry.argument(description="Only those of this kind.")
        ] = None,
        enabled: Annotated[
            bool | None, strawberry.argument(description="Only those that are on (true) or off (false).")
        ] = None,
    ) -> list[Module]:
        ctx = info.context
        state = await services(ctx).module_sets.state(ctx.platform_id)
        return [
            module
            for module in to_modules(ctx, state)
            if kind in (None, module.kind) and enabled in (None, module.is_enabled)
        ]


@graph.extend("Platform")
class PlatformModules:
    @field(
        description="The modules of the platform, requirements first. Those that are off are listed for "
        "administrators only.",
        permission=VIEW_MODULES,
    )
    async def modules(self, info: Info, root: strawberry.Parent[Any]) -> list[Module]:
        ctx = info.context
        return to_modules(ctx, await services(ctx).module_sets.state(root.id))


def to_modules(ctx: Context, state: ModuleState) -> list[Module]:
    """The modules the caller may know of, as they are in `state`."""
    return [
        Module(
            definition=definition,
            state=state,
            code=code,
            version=definition.version,
            kind=ModuleKind(definition.kind.value),
            is_enabled=code in state.enabled,
        )
        for code, definition in state.registry.modules.items()
        if is_shown(ctx, code)
    ]


def _shown(ctx: Context, codes: Iterable[str]) -> list[str]:
    return [code for code in codes if is_shown(ctx, code)]


def _is_configurable(ctx: Context, module: Module) -> bool:
    """Settings are read for the platform of the request only."""
    is_here = ctx.platform is not None and ctx.platform.id == module.state.platform_id
    return is_here and module.definition.config is not None
