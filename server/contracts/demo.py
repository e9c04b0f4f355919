"""What a module adds to the demo data: platforms, rows of its import files, finishing touches."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from server.context import Context
from server.contracts.imports import Row


@dataclass(frozen=True, slots=True)
class DemoPlatform:
    """A platform of the demo and how much is on it."""

    code: str
    name: str
    timezone: str
    currency: str
    merchants: int
    stores: int
    buyers: int


@dataclass(frozen=True, slots=True)
class DemoUser:
    """Someone who can sign in to the demo; `what` tells a reader what the account is for."""

    email: str
    name: str
    what: str
    is_operator: bool = False


@dataclass(frozen=True, slots=True)
class DemoSeed:
    """What generators share, so that one module's rows can refer to another's: the same seed gives the same rows.

    History ends on `until` and began two years before.
    """

    platform: DemoPlatform
    until: date
    seed: int = 2024

    def random(self, purpose: str) -> Random:
        """A generator of its own for each purpose, so that one module's data does not move another's."""
        return Random(f"{self.seed}/{self.platform.code}/{purpose}")  # noqa: S311  # repeatable on purpose

    def merchant_ids(self) -> list[str]:
        """The external ids of the merchants."""
        return [f"m-{number:03d}" for number in range(1, self.platform.merchants + 1)]

    def store_ids(self) -> list[tuple[str, str]]:
        """The external ids of the stores, each with its merchant's: dealt out in turn."""
        merchants = self.merchant_ids()
        return [
            (f"s-{number:03d}", merchants[(number - 1) % len(merchants)])
            for number in range(1, self.platform.stores + 1)
        ]

    def joined(self, merchant_id: str) -> date:
        """The day the merchant came: a third of them within the first month, the others over the two years."""
        number = int(merchant_id.removeprefix("m-"))
        return self._day(f"joined {merchant_id}", self.began, 30 if number % 3 == 1 else 640)

    def opened(self, store_id: str, merchant_id: str) -> date:
        """The day the store opened: the first of a merchant at once, others later."""
        joined = self.joined(merchant_id)
        if int(store_id.removeprefix("s-")) <= self.platform.merchants:
            return joined
        return self._day(f"opened {store_id}", joined, (self.until - joined).days - 60)

    @property
    def began(self) -> date:
        """The first day of the history."""
        return self.until - timedelta(days=730)

    def _day(self, purpose: str, first: date, most: int) -> date:
        return first + timedelta(days=self.random(purpose).randint(0, most))


@dataclass(frozen=True, slots=True)
class DemoData:
    """`rows[file](seed)` yields rows of an import file; `finish` runs on each platform after the import.

    `off_on` names the platforms where the module starts switched off.
    """

    platforms: tuple[DemoPlatform, ...] = ()
    users: tuple[DemoUser, ...] = ()
    off_on: tuple[str, ...] = ()
    rows: Mapping[str, Callable[[DemoSeed], Iterable[Row]]] = field(default_factory=dict)
    finish: Callable[[Context], Awaitable[None]] | None = None
