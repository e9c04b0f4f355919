"""A module's settings on a platform.

Four layers, later ones winning: the schema's defaults, the module's `default_config`, the platform's
`default_config`, and what the platform set itself. Only the last is stored with the module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel
from pydantic import ValidationError as SchemaError
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from server.context import Context
from server.contracts.events import ModuleConfigured
from server.contracts.module import ModuleDefinition
from server.errors import BadUserInput, NotFound
from server.graphql.results import ValidationError
from server.platforms.models import Platform, PlatformModule
from server.platforms.services import services
from server.platforms.settings_tree import (
    Values,
    difference,
    is_set,
    merged,
    paths,
    redacted,
    secret_paths,
    unknown_paths,
    unstorable_paths,
    without,
)
from server.platforms.toggling import check_reason, locked_state
from server.telemetry.logging import get_logger

logger = get_logger(__name__)


class ConfigLayer(StrEnum):
    """Where a setting's value comes from."""

    DEFAULT = "DEFAULT"
    PLATFORM_DEFAULT = "PLATFORM_DEFAULT"
    PLATFORM = "PLATFORM"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting by its dotted path. The values of secrets are never shown, only whether there is one."""

    path: str
    layer: ConfigLayer
    is_secret: bool
    is_set: bool


@dataclass(frozen=True, slots=True)
class ModuleConfig:
    """A module's settings on the context's platform. `visible` is JSON without the secrets."""

    values: BaseModel
    visible: Values
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class Stored:
    """What a platform stores about a module's settings: its defaults and its own values."""

    platform_default: Values
    overrides: Values


async def module_config(ctx: Context, code: str) -> ModuleConfig:
    """The settings in force; read once per operation, whatever the number of modules.

    Raises `NotFound` for a module that is not installed or has no settings.
    """
    definition = _configurable(ctx, code)
    stored = await ctx.loader(stored_by_code).load(code)
    return build_config(definition, stored)


async def configure_module(
    ctx: Context,
    code: str,
    values: Mapping[str, Any],
    *,
    reset: Sequence[str] = (),
    reason: str | None = None,
) -> ModuleConfig:
    """Change the given settings and leave the others; `reset` names settings to take from the defaults again.

    Raises `NotFound`, and `ValidationError` with the dotted paths of refused values; nothing is stored then.
    The platform's choice about the module becomes its own decision, as it stands.
    """
    definition = _configurable(ctx, code)
    check_reason(reason)
    _refuse_unknown(definition, values, reset)
    state = await locked_state(ctx)
    stored = (await stored_by_code(ctx, [code]))[0]
    overrides = merged(without(stored.overrides, reset), values)
    before, after = build_config(definition, stored), _validated(definition, stored, overrides)
    changed = difference(stored.overrides, overrides)
    if not changed:
        return before
    secrets = secret_paths(_schema(definition))
    now = ctx.clock.now()
    statement = insert(PlatformModule).values(
        platform_id=ctx.platform_id,
        module_code=code,
        is_enabled=definition.is_core or state.chooses(code),
        config=overrides,
        updated_at=now,
    )
    await ctx.session.execute(
        statement.on_conflict_do_update(
            index_elements=["platform_id", "module_code"], set_={"config": overrides, "updated_at": now}
        )
    )
    ctx.audit(
        "module.configured",
        subject=code,
        before=redacted(stored.overrides, secrets),
        after=redacted(overrides, secrets),
        reason=reason,
    )
    _tell(ctx, code, changed, reason)
    return after


def build_config(definition: ModuleDefinition, stored: Stored) -> ModuleConfig:
    """The settings of a module with these stored values.

    Stored values that a newer version of the schema refuses are passed over, so that the module still works.
    """
    schema = _schema(definition)
    own = _in_order([stored.platform_default, stored.overrides])
    try:
        values = schema.model_validate(merged(definition.default_config, own))
    except SchemaError as error:
        refused = {str(detail["loc"][0]) for detail in error.errors() if detail["loc"]} or own.keys()
        logger.warning("stored_settings_refused", module=definition.code, settings=sorted(refused))
        kept = {key: value for key, value in own.items() if key not in refused}
        values = schema.model_validate(merged(definition.default_config, kept))
    return _shown(schema, values, stored)


async def stored_by_code(ctx: Context, codes: Sequence[str]) -> list[Stored]:
    """What the platform stores about each module. One statement."""
    statement = (
        select(Platform.default_config, PlatformModule.module_code, PlatformModule.config)
        .outerjoin(
            PlatformModule,
            (PlatformModule.platform_id == Platform.id) & PlatformModule.module_code.in_(codes),
        )
        .where(Platform.id == ctx.platform_id)
    )
    rows = (await ctx.session.execute(statement)).all()
    defaults = rows[0].default_config if rows else {}
    own = {row.module_code: row.config for row in rows}
    return [Stored(defaults.get(code) or {}, own.get(code) or {}) for code in codes]


def _validated(definition: ModuleDefinition, stored: Stored, overrides: Values) -> ModuleConfig:
    schema = _schema(definition)
    try:
        values = schema.model_validate(
            _in_order([dict(definition.default_config), stored.platform_default, overrides])
        )
    except SchemaError as error:
        details = error.errors(include_url=False, include_input=False, include_context=False)
        fields = [(".".join(str(part) for part in d["loc"]), d["msg"]) for d in details]
        raise ValidationError(f"{definition.name} does not accept these settings.", fields) from error
    return _shown(schema, values, Stored(stored.platform_default, overrides))


def _shown(schema: type[BaseModel], values: BaseModel, stored: Stored) -> ModuleConfig:
    everything = values.model_dump(mode="json")
    secrets = secret_paths(schema)
    settings = tuple(
        Setting(path, _layer(path, stored), path in secrets, is_set(everything, path))
        for path in paths(everything, schema)
    )
    return ModuleConfig(values, without(everything, secrets), settings)


def _layer(path: str, stored: Stored) -> ConfigLayer:
    if is_set(stored.overrides, path, or_null=True):
        return ConfigLayer.PLATFORM
    if is_set(stored.platform_default, path, or_null=True):
        return ConfigLayer.PLATFORM_DEFAULT
    return ConfigLayer.DEFAULT


def _in_order(layers: Sequence[Values]) -> Values:
    result: Values = {}
    for layer in layers:
        result = merged(result, layer)
    return result


def _refuse_unknown(definition: ModuleDefinition, values: Mapping[str, Any], reset: Sequence[str]) -> None:
    unstorable = unstorable_paths(values)
    if unstorable:
        fields = [(path, "Holds a character that cannot be stored.") for path in unstorable]
        raise ValidationError(f"{definition.name} does not accept these settings.", fields)
    unknown = unknown_paths(values, _schema(definition))
    if unknown:
        fields = [(path, "There is no such setting.") for path in unknown]
        raise ValidationError(f"{definition.name} does not have these settings.", fields)
    for path in reset:
        nested: Any = None
        for part in reversed(path.split(".")):
            nested = {part: nested}
        if unknown_paths(nested, _schema(definition)):
            raise BadUserInput(f"{definition.name} has no setting {path!r} to reset.", argument="reset")


def _tell(ctx: Context, code: str, changed: Sequence[str], reason: str | None) -> None:
    platform_id, changes = ctx.platform_id, services(ctx).changes
    ctx.forget_loaded()
    ctx.after_commit(lambda: changes.announce(platform_id), even_in_doubt=True)
    ctx.publish(
        ModuleConfigured(
            platform_id=platform_id,
            at=ctx.clock.now(),
            module_code=code,
            reason=reason,
            user_id=ctx.caller.user_id,
            keys=tuple(changed),
        )
    )


def _configurable(ctx: Context, code: str) -> ModuleDefinition:
    definition = services(ctx).registry.get(code)
    if definition is None or definition.config is None:
        raise NotFound(f"There is no module {code!r} with settings.", module=code)
    return definition


def _schema(definition: ModuleDefinition) -> type[BaseModel]:
    assert definition.config is not None
    return definition.config
