"""What a merchant's MRR is at an instant, told the slow way: replay each subscription up to that instant."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

MONTHS = {"day": Fraction(12, 365), "week": Fraction(12, 52), "month": Fraction(1), "year": Fraction(12)}


@dataclass
class Change:
    at: datetime
    amount_minor: int | None = None
    quantity: int | None = None
    status: str | None = None


@dataclass
class Plan:
    """A subscription with its history."""

    started_at: datetime
    amount_minor: int
    currency: str = "EUR"
    interval: str = "month"
    interval_count: int = 1
    quantity: int = 1
    trial_ends_at: datetime | None = None
    ended_at: datetime | None = None
    changes: list[Change] = field(default_factory=list)

    def status_at(self, at: datetime) -> str:
        if at < self.started_at:
            return "scheduled"
        if self.ended_at is not None and at >= self.ended_at:
            return "canceled"
        status = str(self._latest("status", at) or "active")
        if status != "paused" and self.trial_ends_at is not None and at < self.trial_ends_at:
            return "trialing"
        return status

    def mrr_at(self, at: datetime, grace: timedelta) -> int:
        status = self.status_at(at)
        if status not in ("active", "past_due"):
            return 0
        if status == "past_due" and at >= self._past_due_since(at) + grace:
            return 0
        amount, quantity = self._latest("amount_minor", at), self._latest("quantity", at)
        total = int(self.amount_minor if amount is None else amount) * int(
            self.quantity if quantity is None else quantity
        )
        return half_up(Fraction(total) / (MONTHS[self.interval] * self.interval_count))

    def instants(self, grace: timedelta) -> list[datetime]:
        """Every instant at which something may happen."""
        ends = [at for at in (self.trial_ends_at, self.ended_at) if at is not None]
        known = [self.started_at, *ends, *(change.at for change in self.changes)]
        return sorted({*known, *(at + grace for at in known)})

    def _latest(self, name: str, at: datetime) -> int | str | None:
        told = [
            getattr(change, name)
            for change in sorted(self.changes, key=lambda change: change.at)
            if change.at <= at and getattr(change, name) is not None
        ]
        return told[-1] if told else None

    def _past_due_since(self, at: datetime) -> datetime:
        since = at
        for instant in reversed([i for i in self.instants(timedelta()) if i <= at]):
            if self.status_at(instant) != "past_due":
                break
            since = instant
        return since


def mrr_at(plans: list[Plan], currency: str, at: datetime, grace: timedelta) -> int:
    return sum(plan.mrr_at(at, grace) for plan in plans if plan.currency == currency)


def half_up(value: Fraction) -> int:
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))
