"""Switching modules. Everything happens in the caller's transaction, under one lock per platform."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from server.context import Context
from server.contracts.events import ModuleDisabled, ModuleEnabled
from server.contracts.module import Hook
from server.db.text import is_storable
from server.errors import BadUserInput, FacetError, NotFound
from server.platforms.errors import CoreModule, ModuleHookFailed, ModuleNotAllowed
from server.platforms.impact import TogglePlan, plan_of
from server.platforms.models import ModuleChange, Platform, PlatformModule
from server.platforms.module_sets import ModuleState, read_state
from server.platforms.registry import Registry
from server.platforms.services import services
from server.telemetry.logging import get_logger

logger = get_logger(__name__)

LONGEST_REASON = 500


async def enable_module(
    ctx: Context, code: str, *, reason: str | None = None, dry_run: bool = False
) -> TogglePlan:
    """Switch the module on with all it requires; nothing happens when it is on.

    Raises `NotFound`, `ModuleNotAllowed` and `ModuleHookFailed`. A dry run only makes the plan.
    """
    before = await locked_state(ctx, dry_run=dry_run)
    _installed(before.registry, code)
    needed = before.registry.closure([code])
    blocked = [other for other in needed if not before.allows(other)]
    if blocked:
        raise ModuleNotAllowed(
            f"The operator does not allow {', '.join(blocked)} on this platform.",
            module=code,
            blocked=blocked,
        )
    on = {other: True for other in needed if other not in before.registry.core and not before.chooses(other)}
    return await _step(ctx, before, on, reason=reason, dry_run=dry_run)


async def disable_module(
    ctx: Context, code: str, *, reason: str | None = None, dry_run: bool = False
) -> TogglePlan:
    """Switch the module off with all that require it; nothing happens when it is off. No data is deleted.

    Raises `NotFound`, `CoreModule` and `ModuleHookFailed`. A dry run only makes the plan.
    """
    before = await locked_state(ctx, dry_run=dry_run)
    _installed(before.registry, code)
    if code in before.registry.core:
        raise CoreModule(f"{code} is a core module, which every platform needs; it stays on.", module=code)
    dependents = [other for other in before.registry.dependents(code) if other in before.enabled]
    off = {other: False for other in (*dependents, code) if before.chooses(other)}
    return await _step(ctx, before, off, reason=reason, dry_run=dry_run)


async def choose_modules(
    ctx: Context, choices: Mapping[str, bool], *, reason: str | None = None, dry_run: bool = False
) -> TogglePlan:
    """Decide about many modules at once; requirements that stay off keep a module off.

    Raises `NotFound` and `ModuleHookFailed`. Decisions about core modules are ignored.
    """
    before = await locked_state(ctx, dry_run=dry_run)
    for code in choices:
        _installed(before.registry, code)
    new = {
        c: on
        for c, on in choices.items()
        if c not in before.registry.core and before.choices.get(c) is not on
    }
    return await _step(ctx, before, new, reason=reason, dry_run=dry_run)


async def set_allowed_modules(
    ctx: Context, allowed: Collection[str] | None, *, reason: str | None = None, dry_run: bool = False
) -> TogglePlan:
    """Set the operator's ceiling; None allows every module. Modules above it go off, their choices remain.

    Raises `NotFound` and `ModuleHookFailed`.
    """
    check_reason(reason)
    before = await locked_state(ctx, dry_run=dry_run)
    for code in allowed or ():
        _installed(before.registry, code)
    ceiling = None if allowed is None else frozenset(allowed)
    after = ModuleState(
        platform_id=before.platform_id,
        registry=before.registry,
        allowed=ceiling,
        defaults=before.defaults,
        choices=before.choices,
    )
    plan = await plan_of(ctx, before, after)
    if dry_run or ceiling == before.allowed:
        return plan
    stored = None if ceiling is None else sorted(ceiling)
    await ctx.session.execute(
        update(Platform).where(Platform.id == ctx.platform_id).values(allowed_modules=stored)
    )
    ctx.audit(
        "platform.modules_allowed",
        subject=ctx.current_platform.code,
        before={"allowed": None if before.allowed is None else sorted(before.allowed)},
        after={"allowed": stored},
        reason=reason,
    )
    await _carry_out(ctx, plan, {}, reason)
    return plan


async def _step(
    ctx: Context, before: ModuleState, choices: Mapping[str, bool], *, reason: str | None, dry_run: bool
) -> TogglePlan:
    check_reason(reason)
    plan = await plan_of(ctx, before, before.choosing(choices))
    if choices and not dry_run:
        await _store(ctx, choices)
        await _carry_out(ctx, plan, choices, reason)
    return plan


async def locked_state(ctx: Context, *, dry_run: bool = False) -> ModuleState:
    """The stored state; nobody else changes the platform's modules until this transaction ends.

    A dry run does not wait for others and does not hold them up.
    """
    if not dry_run:
        key = func.hashtextextended(f"facet.modules:{ctx.platform_id}", 0)
        await ctx.session.execute(select(func.pg_advisory_xact_lock(key)))
    return await read_state(ctx.session, services(ctx).registry, ctx.platform_id)


def check_reason(reason: str | None) -> None:
    """Raise `BadUserInput` unless the history can keep the reason."""
    if reason is not None and len(reason) > LONGEST_REASON:
        text = f"The reason has {len(reason)} characters; give at most {LONGEST_REASON}."
        raise BadUserInput(text, argument="reason")
    if reason is not None and not is_storable(reason):
        raise BadUserInput("The reason holds a character that cannot be stored.", argument="reason")


def _installed(registry: Registry, code: str) -> None:
    if code not in registry:
        raise NotFound(f"There is no module {code!r}.", module=code)


async def _store(ctx: Context, choices: Mapping[str, bool]) -> None:
    now, user_id = ctx.clock.now(), ctx.caller.user_id
    for code, on in choices.items():
        values: dict[str, Any] = {"is_enabled": on, "updated_at": now}
        values |= (
            {"enabled_at": now, "enabled_by": user_id} if on else {"disabled_at": now, "disabled_by": user_id}
        )
        statement = insert(PlatformModule).values(platform_id=ctx.platform_id, module_code=code, **values)
        await ctx.session.execute(
            statement.on_conflict_do_update(index_elements=["platform_id", "module_code"], set_=values)
        )


async def _carry_out(ctx: Context, plan: TogglePlan, choices: Mapping[str, bool], reason: str | None) -> None:
    """History, audit, hooks; then, once committed, the invalidation and the events."""
    platform_id, changes = ctx.platform_id, services(ctx).changes
    group_id = str(uuid4())
    _record(ctx, plan, choices, group_id, reason)
    await ctx.session.flush()
    await _run_hooks(ctx, plan)
    ctx.after_commit(lambda: changes.announce(platform_id), even_in_doubt=True)
    for event, codes in ((ModuleDisabled, plan.disable), (ModuleEnabled, plan.enable)):
        for code in codes:
            ctx.publish(
                event(
                    platform_id=platform_id,
                    at=ctx.clock.now(),
                    module_code=code,
                    reason=reason,
                    user_id=ctx.caller.user_id,
                )
            )


def _record(
    ctx: Context, plan: TogglePlan, choices: Mapping[str, bool], group_id: str, reason: str | None
) -> None:
    actions = dict.fromkeys(plan.disable, "disabled") | dict.fromkeys(plan.enable, "enabled")
    actions |= {code: "enabled" if on else "disabled" for code, on in choices.items() if code not in actions}
    for code, action in actions.items():
        ctx.session.add(
            ModuleChange(
                platform_id=ctx.platform_id,
                group_id=group_id,
                module_code=code,
                action=action,
                at=ctx.clock.now(),
                user_id=ctx.caller.user_id,
                reason=reason,
            )
        )
    if actions:
        ctx.audit(
            "module.switched",
            subject=ctx.current_platform.code,
            before={"modules": sorted(plan.before.enabled)},
            after={"modules": sorted(plan.after.enabled), "group": group_id},
            reason=reason,
        )


async def _run_hooks(ctx: Context, plan: TogglePlan) -> None:
    """`on_disable` while the module is still there, `on_enable` once it is."""
    registry, modules_before = plan.before.registry, ctx.modules
    try:
        await _run_each(ctx, [(code, "on_disable", registry[code].on_disable) for code in plan.disable])
        ctx.modules = plan.after.enabled
        await _run_each(ctx, [(code, "on_enable", registry[code].on_enable) for code in plan.enable])
    except ModuleHookFailed:
        ctx.modules = modules_before
        raise


async def _run_each(ctx: Context, hooks: Sequence[tuple[str, str, Hook | None]]) -> None:
    for code, name, hook in hooks:
        if hook is None:
            continue
        try:
            await hook(ctx)
        except Exception as error:
            logger.exception("module_hook_failed", module=code, hook=name)
            why = (
                error.message
                if isinstance(error, FacetError)
                else f"{type(error).__name__}; the log says why."
            )
            raise ModuleHookFailed(
                f"{name} of {code} failed and nothing was changed: {why}", module=code, hook=name
            ) from error
