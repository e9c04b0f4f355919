"""Telling events to handlers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
from sqlalchemy import func, select

from server.app import Facet
from server.context import Context, Event
from server.contracts.events import Handler, ModuleConfigured, ModuleDisabled, ModuleEnabled
from server.db.audit import AuditEntry
from server.events.bus import EventBus
from server.events.payload import to_payload
from server.events.transaction import transaction
from server.testing import TestPlatform

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened(Event):
    name: ClassVar[str] = "sample.happened"
    what: str = ""


class Declared:
    """Handlers as a registry declares them."""

    def __init__(self, *handlers: tuple[str, Handler]) -> None:
        self.handlers = list(handlers)


@dataclass
class Listener:
    """Notes what it is told; fails when told to."""

    fails: bool = False

    def __post_init__(self) -> None:
        self.told: list[str] = []
        self.contexts: list[Context] = []

    async def __call__(self, ctx: Context, event: Any) -> None:
        self.contexts.append(ctx)
        self.told.append(event.name)
        ctx.audit("sample.heard", subject=event.name)
        if self.fails:
            raise RuntimeError("no")


def bus(facet: Facet, *handlers: tuple[str, Handler], modules: frozenset[str] = frozenset({"a"})) -> EventBus:
    @asynccontextmanager
    async def open_context(platform_id: int) -> AsyncIterator[Context]:
        async with facet.system_context_of(platform_id) as ctx:
            yield replace(ctx, modules=modules)

    return EventBus(Declared(*handlers), open_context)


def happened(platform: TestPlatform) -> Happened:
    return Happened(platform_id=platform.id, at=AT)


async def heard(platform: TestPlatform) -> int:
    async with platform.context() as ctx:
        statement = select(func.count()).where(
            AuditEntry.platform_id == platform.id, AuditEntry.action == "sample.heard"
        )
        found: int = await ctx.session.scalar(statement)
        return found


async def test_calls_each_handler_once_in_a_transaction_of_its_own(
    platform: TestPlatform, facet: Facet
) -> None:
    first, second = Listener(), Listener()

    await bus(facet, ("a", Handler(Happened, first)), ("a", Handler(Happened, second))).dispatch(
        [happened(platform)]
    )

    assert (first.told, second.told) == (["sample.happened"], ["sample.happened"])
    assert first.contexts[0] is not second.contexts[0]
    assert first.contexts[0].platform_id == platform.id
    assert await heard(platform) == 2


async def test_goes_on_when_a_handler_fails_and_undoes_what_it_did(
    platform: TestPlatform, facet: Facet
) -> None:
    failing, fine = Listener(fails=True), Listener()

    await bus(facet, ("a", Handler(Happened, failing)), ("a", Handler(Happened, fine))).dispatch(
        [happened(platform), happened(platform)]
    )

    assert (len(failing.told), len(fine.told)) == (2, 2)
    assert await heard(platform) == 2


async def test_asks_for_the_type_of_event(platform: TestPlatform, facet: Facet) -> None:
    some, every = Listener(), Listener()

    await bus(facet, ("a", Handler(ModuleEnabled, some)), ("a", Handler(Event, every))).dispatch(
        [happened(platform)]
    )

    assert (some.told, every.told) == ([], ["sample.happened"])


async def test_leaves_out_modules_that_are_off(platform: TestPlatform, facet: Facet) -> None:
    off = Listener()

    await bus(facet, ("b", Handler(Happened, off))).dispatch([happened(platform)])

    assert off.told == []


async def test_still_tells_a_module_that_it_was_switched_off(platform: TestPlatform, facet: Facet) -> None:
    off = Listener()
    event = ModuleDisabled(platform_id=platform.id, at=AT, module_code="b", reason=None, user_id=None)

    await bus(facet, ("b", Handler(ModuleDisabled, off))).dispatch([event, replace(event, module_code="c")])

    assert off.told == ["module.disabled"]


async def test_tells_nothing_of_a_transaction_that_was_rolled_back(
    platform: TestPlatform, facet: Facet, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = Listener()
    monkeypatch.setattr(facet, "bus", bus(facet, ("a", Handler(Happened, listener))))

    async def fail() -> None:
        async with platform.context() as ctx:
            ctx.publish(happened(platform))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert listener.told == []

    async with platform.context() as ctx:
        ctx.publish(happened(platform))
        assert listener.told == []
    assert listener.told == ["sample.happened"]


async def test_tells_nothing_of_a_rolled_back_transaction_when_the_context_goes_on(
    platform: TestPlatform, facet: Facet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the second mutation of a request does after the first has failed."""
    listener = Listener()
    monkeypatch.setattr(facet, "bus", bus(facet, ("a", Handler(Happened, listener))))
    ctx = await facet.context(platform.system, platform.record)

    async def fail() -> None:
        async with transaction(ctx):
            ctx.publish(happened(platform))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with transaction(ctx):
        ctx.publish(happened(platform))
    await ctx.session.close()

    assert listener.told == ["sample.happened"]


def test_makes_a_versioned_payload_of_json() -> None:
    event = ModuleConfigured(
        platform_id=7, at=AT, module_code="sample", reason=None, user_id=3, keys=("trial_days",)
    )

    assert to_payload(event) == {
        "event": "module.configured",
        "version": 1,
        "at": "2026-03-01T12:00:00Z",
        "platform_id": 7,
        "data": {"module_code": "sample", "reason": None, "user_id": 3, "keys": ["trial_days"]},
    }
