"""Telling events to the handlers of modules, after the transaction that made them true."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from server.context import Context, Event
from server.contracts.events import Handler, ModuleEvent
from server.events.transaction import transaction
from server.telemetry.logging import get_logger

logger = get_logger(__name__)

OpenContext = Callable[[int], AbstractAsyncContextManager[Context]]
"""A context of the system itself on the platform of that id, without a transaction."""


class DeclaredHandlers(Protocol):
    """Where handlers are found (`server.platforms.registry.Registry`)."""

    @property
    def handlers(self) -> Sequence[tuple[str, Handler]]: ...


class EventBus:
    """Calls each handler of an event once, in the process that published it.

    A handler runs while its module is enabled on the event's platform; those of a module that was just
    switched off are still told that.
    """

    def __init__(self, registry: DeclaredHandlers, open_context: OpenContext) -> None:
        self._handlers, self._open_context = tuple(registry.handlers), open_context

    async def dispatch(self, events: Iterable[Event]) -> None:
        """Tell `events` in order. Every handler has a transaction of its own.

        A handler that fails is logged; its work is rolled back, the others go on.
        """
        for event in events:
            for module, handler in self._handlers:
                if isinstance(event, handler.event):
                    await self._tell(event, module, handler)

    async def _tell(self, event: Event, module: str, handler: Handler) -> None:
        try:
            async with self._open_context(event.platform_id) as ctx, transaction(ctx):
                if module in ctx.modules or (isinstance(event, ModuleEvent) and event.module_code == module):
                    await handler.function(ctx, event)
        except Exception:
            name = getattr(handler.function, "__qualname__", repr(handler.function))
            logger.exception("event_handler_failed", event_name=event.name, module=module, handler=name)
