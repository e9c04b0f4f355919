"""Taking over a platform's old settings document, which kept its modules in JSON:

{"enabled_modules": ["loyalty", "gifts"], "module_config": {"gifts": {"valid_days": 14}}}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.context import Context
from server.errors import BadUserInput
from server.graphql.results import ValidationError
from server.platforms.configuration import configure_module
from server.platforms.impact import TogglePlan
from server.platforms.registry import Registry
from server.platforms.services import services
from server.platforms.toggling import choose_modules

REASON = "Taken over from the old settings."


async def import_legacy(ctx: Context, document: Mapping[str, Any], *, dry_run: bool = False) -> TogglePlan:
    """Make the platform's modules and their settings what the document says; again changes nothing more.

    Listed modules go on with all they require, other optional ones go off. Raises `ValidationError` naming
    everything in the document that cannot be taken over; nothing is stored then.
    """
    registry = services(ctx).registry
    enabled, config = _parts(document)
    problems = _unknown(registry, enabled, config)
    if problems:
        raise ValidationError("The settings cannot be taken over.", problems)
    wanted = registry.closure(enabled)
    choices = {code: code in wanted for code in registry.modules}
    plan = await choose_modules(ctx, choices, reason=REASON, dry_run=dry_run)
    left_off = [code for code in wanted if code not in plan.after.enabled]
    if left_off:
        text = "The operator does not allow it on this platform."
        raise ValidationError(
            "The settings cannot be taken over.", [(f"enabled_modules.{c}", text) for c in left_off]
        )
    if not dry_run:
        await _configure(ctx, config)
    return plan


def _parts(document: Mapping[str, Any]) -> tuple[list[str], dict[str, dict[str, Any]]]:
    enabled, config = document.get("enabled_modules", []), document.get("module_config", {})
    if not isinstance(enabled, list) or not all(isinstance(code, str) for code in enabled):
        raise BadUserInput("`enabled_modules` must be a list of module codes.", argument="enabled_modules")
    if not isinstance(config, dict) or not all(isinstance(values, dict) for values in config.values()):
        raise BadUserInput("`module_config` must map module codes to settings.", argument="module_config")
    return enabled, config


def _unknown(registry: Registry, enabled: list[str], config: dict[str, Any]) -> list[tuple[str, str]]:
    problems = [(f"enabled_modules.{c}", "There is no such module.") for c in enabled if c not in registry]
    for code in config:
        definition = registry.get(code)
        if definition is None:
            problems.append((f"module_config.{code}", "There is no such module."))
        elif definition.config is None:
            problems.append((f"module_config.{code}", "The module has no settings."))
    return problems


async def _configure(ctx: Context, config: dict[str, dict[str, Any]]) -> None:
    problems: list[tuple[str, str]] = []
    for code, values in config.items():
        try:
            await configure_module(ctx, code, values, reason=REASON)
        except ValidationError as error:
            refused = error.details["fields"]
            problems += [(f"module_config.{code}.{field.field}", field.message) for field in refused]
    if problems:
        raise ValidationError("The settings cannot be taken over.", problems)
