"""What a process remembers about tokens: whom they speak for, until something about that changes."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from server.auth.caller import Caller, CallerKind, Grant
from server.platforms.cache import Freshness

_MOST_CALLERS = 8


@dataclass(slots=True, eq=False)
class Credential:
    """A usable token as the database describes it. Which rights it has depends on the modules of the moment."""

    hash: bytes = field(repr=False)
    kind: CallerKind
    id: int
    user_id: int
    email: str
    name: str
    platform_id: int | None
    is_operator: bool
    scopes: Sequence[str] | None
    expires_at: datetime | None
    last_used_at: datetime | None
    grants: Sequence[Grant]
    """The roles it acts with, on its platform."""
    read_at: float = 0.0
    """When the look-up began, on the clock of `Freshness`."""
    callers: dict[tuple[int | None, bool], tuple[Collection[str], Caller]] = field(default_factory=dict)
    """The callers it made last, by platform and whether by cookie, with the modules they were made for."""

    def remember_caller(self, key: tuple[int | None, bool], modules: Collection[str], caller: Caller) -> None:
        """Keep a caller for the next request; an operator's session visits any number of platforms."""
        if len(self.callers) >= _MOST_CALLERS:
            self.callers.clear()
        self.callers[key] = (modules, caller)


class _Load:
    """A look-up under way. One that a change overtook is answered to those who wait, and not kept."""

    def __init__(self, task: asyncio.Task[Credential]) -> None:
        self.task = task
        self.is_overtaken = False


class RememberedTokens:
    """Credentials by the hash of their token: the `max_size` used last, each for as long as it is fresh.

    Only what speaks for somebody is kept. That a token is unknown, expired or without a role is found out
    anew each time, so a token or role that has just been given is never refused from memory.
    """

    def __init__(
        self, load: Callable[[bytes], Awaitable[Credential]], freshness: Freshness, *, max_size: int
    ) -> None:
        self._load, self._freshness, self._max_size = load, freshness, max_size
        self._known: OrderedDict[bytes, Credential] = OrderedDict()
        self._of_account: dict[int, set[bytes]] = {}
        self._loads: dict[bytes, _Load] = {}

    def __len__(self) -> int:
        return len(self._known)

    def get(self, token_hash: bytes) -> Credential | None:
        """What is known and fresh, without asking anybody."""
        known = self._known.get(token_hash)
        if known is None:
            return None
        freshness = self._freshness
        if freshness.monotonic() - known.read_at >= freshness.seconds:
            self.forget(token_hash)
            return None
        self._known.move_to_end(token_hash)
        return known

    async def find(self, token_hash: bytes) -> Credential:
        """Look the token up, once for all who ask meanwhile; raises what the look-up raises."""
        load = self._loads.get(token_hash)
        if load is None:
            load = self._start(token_hash)
        return await asyncio.shield(load.task)

    def forget(self, token_hash: bytes) -> None:
        """Drop one token."""
        known = self._known.pop(token_hash, None)
        if known is None:
            return
        others = self._of_account[known.user_id]
        others.discard(token_hash)
        if not others:
            del self._of_account[known.user_id]

    def forget_account(self, user_id: int) -> None:
        """Drop every token of an account. A look-up that has begun may be one of its tokens': none is kept."""
        for token_hash in self._of_account.pop(user_id, ()):
            del self._known[token_hash]
        self._overtake()

    def forget_all(self) -> None:
        """Drop every token, and every look-up that has begun."""
        self._known.clear()
        self._of_account.clear()
        self._overtake()

    def _overtake(self) -> None:
        for load in self._loads.values():
            load.is_overtaken = True
        self._loads.clear()

    def _start(self, token_hash: bytes) -> _Load:
        began = self._freshness.monotonic()
        load = self._loads[token_hash] = _Load(asyncio.ensure_future(self._load(token_hash)))

        def finish(task: asyncio.Task[Credential]) -> None:
            if self._loads.get(token_hash) is load:
                del self._loads[token_hash]
            if task.cancelled() or task.exception() is not None or load.is_overtaken:
                return
            found = task.result()
            if found.grants:
                found.read_at = began
                self._keep(found)

        load.task.add_done_callback(finish)
        return load

    def _keep(self, found: Credential) -> None:
        self.forget(found.hash)
        self._known[found.hash] = found
        self._of_account.setdefault(found.user_id, set()).add(found.hash)
        if len(self._known) > self._max_size:
            self.forget(next(iter(self._known)))
