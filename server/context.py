"""What an operation carries: its caller, platform, session, clock, loaders and what waits for the commit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar, TypeVar
from zoneinfo import ZoneInfo

from aiodataloader import DataLoader

from server.auth.caller import Caller
from server.clock import Clock, SystemClock
from server.db.audit import AuditEntry
from server.db.session import Session
from server.errors import PlatformRequired

Key = TypeVar("Key")
Value = TypeVar("Value")
BatchLoad = Callable[["Context", Sequence[Key]], Awaitable[Sequence[Value]]]


@dataclass(frozen=True, slots=True)
class PlatformRecord:
    """A platform as operations see it. `allowed_modules` is the operator's ceiling; None allows every module."""

    id: int
    code: str
    name: str
    timezone: str
    currency: str
    allowed_modules: frozenset[str] | None = None
    hosts: tuple[str, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The base of events; `name` is `<module>.<past tense>`, `version` rises when the payload changes."""

    name: ClassVar[str]
    version: ClassVar[int] = 1
    platform_id: int
    at: datetime


@dataclass
class Context:
    """One operation, job or import. Not shared between operations."""

    caller: Caller
    session: Session
    platform: PlatformRecord | None = None
    modules: frozenset[str] = frozenset()
    clock: Clock = field(default_factory=SystemClock)
    is_read_only: bool = False
    request_id: str = "-"
    locale: str = "en"
    services: Any = None
    """The application (`server.app.Facet`), for kernel code that needs more than a session."""
    events: list[Event] = field(default_factory=list)
    response_cookies: dict[str, str | None] = field(default_factory=dict)
    """Cookies the HTTP layer sets (a value) or clears (None) with the answer."""
    _after_commit: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    _after_doubt: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    _loaders: dict[Any, DataLoader[Any, Any]] = field(default_factory=dict)

    @cached_property
    def asked_at(self) -> datetime:
        """The instant every reading of this operation is as of, however long it takes."""
        return self.clock.now()

    @property
    def platform_id(self) -> int:
        """The platform's id; raises `PlatformRequired` when the operation has none."""
        return self.current_platform.id

    @property
    def current_platform(self) -> PlatformRecord:
        """The platform; raises `PlatformRequired` when the operation has none."""
        if self.platform is None:
            raise PlatformRequired(
                "This needs a platform: sign in with `platform`, or call /p/<platform code>/graphql."
            )
        return self.platform

    def loader(self, batch: BatchLoad[Key, Value]) -> DataLoader[Key, Value]:
        """This operation's loader over `batch`, which answers for all keys in order, in one statement."""
        found = self._loaders.get(batch)
        if found is None:

            async def load(keys: list[Key]) -> list[Value]:
                return list(await batch(self, keys))

            found = self._loaders[batch] = DataLoader(load)
        return found

    def shared_loader(self, key: Any, make: Callable[[], DataLoader[Any, Any]]) -> DataLoader[Any, Any]:
        """This operation's loader under `key`, made when first asked for."""
        found = self._loaders.get(key)
        if found is None:
            found = self._loaders[key] = make()
        return found

    def forget_loaded(self) -> None:
        """Drop what loaders remember, a mutation may have changed it, and read as of a new instant."""
        self._loaders.clear()
        self.__dict__.pop("asked_at", None)

    def publish(self, event: Event) -> None:
        """Tell `event` to its handlers once this transaction has committed."""
        self.events.append(event)

    def after_commit(self, work: Callable[[], Awaitable[None]], *, even_in_doubt: bool = False) -> None:
        """Run `work` once this transaction has committed; dropped when it rolls back.

        When nobody can know which of both it was, only work that is harmless `even_in_doubt` runs.
        """
        self._after_commit.append(work)
        if even_in_doubt:
            self._after_doubt.append(work)

    def take_after_commit(self) -> list[Callable[[], Awaitable[None]]]:
        """The work that waits for the commit; the kernel takes it and runs it."""
        work, self._after_commit = self._after_commit, []
        return work

    def take_after_doubt(self) -> list[Callable[[], Awaitable[None]]]:
        """That part of the work which also runs when the outcome of the commit is unknown."""
        work, self._after_doubt = self._after_doubt, []
        return work

    def audit(
        self,
        action: str,
        *,
        subject: str = "",
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
        reason: str | None = None,
    ) -> None:
        """Write down who did `action` to `subject` (a global id or code), in this transaction; no secrets."""
        self.session.add(
            AuditEntry(
                platform_id=self.platform.id if self.platform else None,
                at=self.clock.now(),
                actor_kind=self.caller.kind.value,
                user_id=self.caller.user_id,
                credential_id=self.caller.credential_id,
                action=action,
                subject=subject,
                before=before,
                after=after,
                reason=reason,
                request_id=self.request_id,
            )
        )
