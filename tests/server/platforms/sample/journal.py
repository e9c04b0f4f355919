"""What the sample modules were asked to do, and which of them shall fail."""

from __future__ import annotations

from server.context import Context
from server.contracts.events import ModuleEvent
from server.contracts.module import Hook

hooks: list[tuple[int, str, str]] = []
"""(platform, module, hook) in the order of the calls."""

told: list[tuple[int, str, str, str]] = []
"""(platform, module of the handler, event, module the event is about)."""

failing: set[tuple[int, str, str]] = set()
"""Hooks that raise."""


def hook(module: str, name: str) -> Hook:
    """A hook that notes that it was called, or fails when told to."""

    async def called(ctx: Context) -> None:
        key = (ctx.platform_id, module, name)
        hooks.append(key)
        if key in failing:
            raise RuntimeError("secret-in-an-exception")

    return called


async def listen(ctx: Context, event: ModuleEvent) -> None:
    """A handler of the module `base`."""
    told.append((ctx.platform_id, "base", event.name, event.module_code))


async def listen_in_inventory(ctx: Context, event: ModuleEvent) -> None:
    """A handler of the module `inventory`."""
    told.append((ctx.platform_id, "inventory", event.name, event.module_code))


def hooks_of(platform_id: int) -> list[tuple[str, str]]:
    return [(module, name) for at, module, name in hooks if at == platform_id]


def told_on(platform_id: int) -> list[tuple[str, str, str]]:
    return [(handler, name, module) for at, handler, name, module in told if at == platform_id]
