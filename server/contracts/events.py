"""Events: facts that are told after the transaction that made them true."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from server.context import Context, Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleEvent(Event):
    """A platform switched a module."""

    module_code: str
    reason: str | None
    user_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleEnabled(ModuleEvent):
    name: ClassVar[str] = "module.enabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleDisabled(ModuleEvent):
    name: ClassVar[str] = "module.disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleConfigured(ModuleEvent):
    name: ClassVar[str] = "module.configured"
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Handler:
    """`function` is called with a context of the event's platform, once per event, after the commit."""

    event: type[Event]
    function: Callable[[Context, Any], Awaitable[None]]
