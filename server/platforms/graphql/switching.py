"""Switching and setting the platform's modules."""

from typing import Annotated, ClassVar

import strawberry
from strawberry.scalars import JSON

from server.auth.audience import ADMINS, Audience
from server.context import Context
from server.contracts.menu import Frontend as DeclaredFrontend
from server.errors import BadUserInput, FacetError, ModuleDisabled
from server.graphql.fields import mutation_field
from server.graphql.info import Info
from server.graphql.results import Error, ValidationFailed
from server.platforms import errors
from server.platforms.configuration import configure_module
from server.platforms.graphql.graph import graph
from server.platforms.graphql.menus import Frontend, MenuItem, to_item
from server.platforms.graphql.modules import Module, to_modules
from server.platforms.impact import TogglePlan
from server.platforms.menus import set_menu_visibility
from server.platforms.module_sets import read_state
from server.platforms.permissions import ALLOW_MODULES, MANAGE_MENU, MANAGE_MODULES
from server.platforms.services import services
from server.platforms.toggling import disable_module, enable_module, set_allowed_modules

Code = Annotated[str, strawberry.argument(description="Code of the module.")]
Reason = Annotated[
    str | None, strawberry.argument(description="Why, for the history; at most 500 characters.")
]
DryRun = Annotated[bool, strawberry.argument(description="Only say what would happen.")]


@strawberry.type(description="A table and how many of the platform's rows it keeps.")
class TableRows:
    table: str = strawberry.field(description="Name of the table.")
    rows: int = strawberry.field(description="How many rows, counted up to one million.")


@strawberry.type(name="TogglePlan", description="What comes and goes when modules are switched.")
class Plan:
    enable: list[str] = strawberry.field(description="Codes of the modules that go on, requirements first.")
    disable: list[str] = strawberry.field(description="Codes of the modules that go off, dependents first.")
    fields_removed: list[str] = strawberry.field(description="Fields that leave the schema, as `Type.field`.")
    fields_added: list[str] = strawberry.field(description="Fields that enter the schema, as `Type.field`.")
    rows_kept: list[TableRows] = strawberry.field(description="Data of modules that go off; it is kept.")
    api_clients: list[str] = strawberry.field(description="Names of API keys that lose rights.")
    menu_items: list[str] = strawberry.field(description="Codes of menu items that come or go.")
    permissions: list[str] = strawberry.field(description="Codes of permissions that come or go.")
    features: list[str] = strawberry.field(description="Codes of features that come or go.")
    warnings: list[str] = strawberry.field(description="What to consider first, for people.")


@strawberry.type(description="The module and all it requires are on; or would be, after a dry run.")
class EnableModulePayload:
    plan: Plan = strawberry.field(description="What came and went.")
    modules: list[Module] = strawberry.field(description="The platform's modules as they are now.")


@strawberry.type(description="The module and all that require it are off; or would be, after a dry run.")
class DisableModulePayload:
    plan: Plan = strawberry.field(description="What came and went.")
    modules: list[Module] = strawberry.field(description="The platform's modules as they are now.")


@strawberry.type(description="The platform's modules are within what the operator allows.")
class SetAllowedModulesPayload:
    plan: Plan = strawberry.field(description="What came and went.")
    modules: list[Module] = strawberry.field(description="The platform's modules as they are now.")


@strawberry.type(description="The settings are stored.")
class ConfigureModulePayload:
    module: Module = strawberry.field(description="The module with its settings as they are now.")


@strawberry.type(description="The menu item is shown or hidden as asked.")
class SetMenuVisibilityPayload:
    item: MenuItem = strawberry.field(description="The item as it is now.")


@strawberry.type(description="The operator does not allow the module, or one it requires, on this platform.")
class ModuleNotAllowed(Error):
    raised_as: ClassVar[tuple[type[FacetError], ...]] = (errors.ModuleNotAllowed,)

    module: str = strawberry.field(description="Code of the module.")
    blocked: list[str] = strawberry.field(description="Codes of the modules that are not allowed.")


@strawberry.type(description="The module is a core module, which every platform needs.")
class ModuleIsCore(Error):
    raised_as: ClassVar[tuple[type[FacetError], ...]] = (errors.CoreModule,)

    module: str = strawberry.field(description="Code of the module.")


@strawberry.type(description="What a module does when it is switched failed; nothing was changed.")
class ModuleHookFailed(Error):
    raised_as: ClassVar[tuple[type[FacetError], ...]] = (errors.ModuleHookFailed,)

    module: str = strawberry.field(description="Code of the module that failed.")
    hook: str = strawberry.field(description="What it was doing.")


@strawberry.type(description="The menu item belongs to a module that is switched off.")
class ModuleIsDisabled(Error):
    raised_as: ClassVar[tuple[type[FacetError], ...]] = (ModuleDisabled,)

    module: str = strawberry.field(description="Code of the module.")


EnableModuleResult = Annotated[
    EnableModulePayload | ModuleNotAllowed | ModuleHookFailed,
    strawberry.union("EnableModuleResult", description="The outcome of enabling a module."),
]
DisableModuleResult = Annotated[
    DisableModulePayload | ModuleIsCore | ModuleHookFailed,
    strawberry.union("DisableModuleResult", description="The outcome of disabling a module."),
]
SetAllowedModulesResult = Annotated[
    SetAllowedModulesPayload | ModuleHookFailed,
    strawberry.union("SetAllowedModulesResult", description="The outcome of allowing modules."),
]
ConfigureModuleResult = Annotated[
    ConfigureModulePayload | ValidationFailed,
    strawberry.union("ConfigureModuleResult", description="The outcome of setting a module."),
]
SetMenuVisibilityResult = Annotated[
    SetMenuVisibilityPayload | ModuleIsDisabled,
    strawberry.union("SetMenuVisibilityResult", description="The outcome of showing or hiding a menu item."),
]


@graph.mutation(audience=ADMINS)
class ModuleMutation:
    @mutation_field(
        description="Switch a module on, with all the modules it requires.", permission=MANAGE_MODULES
    )
    async def enable_module(
        self, info: Info, code: Code, dry_run: DryRun = False, reason: Reason = None
    ) -> EnableModuleResult | None:
        plan = await enable_module(info.context, code, reason=reason, dry_run=dry_run)
        return EnableModulePayload(plan=_plan(plan), modules=_modules(info.context, plan, dry_run=dry_run))

    @mutation_field(
        description="Switch a module off, with all the modules that require it. Their data is kept.",
        permission=MANAGE_MODULES,
    )
    async def disable_module(
        self, info: Info, code: Code, dry_run: DryRun = False, reason: Reason = None
    ) -> DisableModuleResult | None:
        plan = await disable_module(info.context, code, reason=reason, dry_run=dry_run)
        return DisableModulePayload(plan=_plan(plan), modules=_modules(info.context, plan, dry_run=dry_run))

    @mutation_field(
        description="Change some settings of a module; those not named stay as they are.",
        permission=MANAGE_MODULES,
    )
    async def configure_module(
        self,
        info: Info,
        code: Code,
        values: Annotated[JSON, strawberry.argument(description="The settings to change, an object.")],
        reset: Annotated[
            list[str] | None,
            strawberry.argument(description="Dotted paths of settings to take from the defaults again."),
        ] = None,
        reason: Reason = None,
    ) -> ConfigureModuleResult | None:
        if not isinstance(values, dict):
            raise BadUserInput("`values` must be an object of settings.", argument="values")
        await configure_module(info.context, code, values, reset=reset or (), reason=reason)
        return ConfigureModulePayload(module=await _module(info.context, code))

    @mutation_field(description="Show or hide an item of a front end's menu.", permission=MANAGE_MENU)
    async def set_menu_visibility(
        self,
        info: Info,
        item: Annotated[str, strawberry.argument(description="Code of the menu item.")],
        frontend: Annotated[Frontend, strawberry.argument(description="The front end.")],
        visible: Annotated[bool, strawberry.argument(description="Whether it is shown.")],
    ) -> SetMenuVisibilityResult | None:
        which = DeclaredFrontend(frontend.name)
        return SetMenuVisibilityPayload(
            item=to_item(await set_menu_visibility(info.context, item, which, visible=visible))
        )


@graph.mutation(audience={Audience.OPERATOR})
class ModuleCeilingMutation:
    @mutation_field(
        description="Say which modules the platform may switch on. Those it may not go off; what it chose is "
        "remembered.",
        permission=ALLOW_MODULES,
    )
    async def set_allowed_modules(
        self,
        info: Info,
        modules: Annotated[
            list[str] | None, strawberry.argument(description="Codes of the modules; null allows all.")
        ] = strawberry.UNSET,
        dry_run: DryRun = False,
        reason: Reason = None,
    ) -> SetAllowedModulesResult | None:
        if modules is strawberry.UNSET:
            raise BadUserInput("Give `modules`: a list, or null to allow all.", argument="modules")
        plan = await set_allowed_modules(info.context, modules, reason=reason, dry_run=dry_run)
        return SetAllowedModulesPayload(
            plan=_plan(plan), modules=_modules(info.context, plan, dry_run=dry_run)
        )


def _plan(plan: TogglePlan) -> Plan:
    return Plan(
        enable=list(plan.enable),
        disable=list(plan.disable),
        fields_removed=list(plan.fields_removed),
        fields_added=list(plan.fields_added),
        rows_kept=[TableRows(table=kept.table, rows=kept.rows) for kept in plan.rows_kept],
        api_clients=list(plan.api_clients),
        menu_items=list(plan.menu_items),
        permissions=list(plan.permissions),
        features=list(plan.features),
        warnings=list(plan.warnings),
    )


def _modules(ctx: Context, plan: TogglePlan, *, dry_run: bool) -> list[Module]:
    return to_modules(ctx, plan.before if dry_run else plan.after)


async def _module(ctx: Context, code: str) -> Module:
    state = await read_state(ctx.session, services(ctx).registry, ctx.platform_id)
    return next(module for module in to_modules(ctx, state) if module.code == code)
