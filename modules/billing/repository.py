"""How tiers, subscriptions and movements are found."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from modules.billing.models import STATE, MrrMovement, Subscription, SubscriptionChange, Tier, state_at
from modules.billing.mrr import Interval, Status
from server.db.repository import Repository

RUNNING = (Status.TRIALING, Status.ACTIVE, Status.PAST_DUE, Status.PAUSED)
LIVE_FIRST = (Status.ACTIVE, Status.PAST_DUE, Status.TRIALING, Status.PAUSED)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a subscription is at an instant; of one that is over or to come, its last or first terms.

    Billing periods are counted from `anchor_at`.
    """

    status: Status
    tier_id: int
    amount_minor: int
    currency: str
    quantity: int
    interval: Interval
    interval_count: int
    mrr_minor: int
    anchor_at: datetime


class TierRepository(Repository[Tier]):
    model = Tier

    def within_reach(self) -> ColumnElement[bool]:
        """Tiers are the platform's offer: whoever may see tiers sees all of them."""
        condition: ColumnElement[bool] = Tier.platform_id == self.platform_id
        return condition

    def listed(self, *, archived: bool) -> Select[Any]:
        """Every tier; archived ones only when asked for."""
        statement = self.owned()
        return statement if archived else statement.where(Tier.is_archived.is_(False))

    async def by_code(self, code: str) -> Tier | None:
        return await self.one(self.owned().where(Tier.code == code))

    async def add_unless_taken(self, values: Mapping[str, Any]) -> Tier | None:
        """Insert a tier; None when its code is taken, also by somebody at this very moment."""
        statement = insert(Tier).values(platform_id=self.platform_id, **values)
        statement = statement.on_conflict_do_nothing(index_elements=["platform_id", "code"])
        result = await self.session.execute(statement.returning(Tier))
        row: Tier | None = result.scalar_one_or_none()
        return row


class SubscriptionRepository(Repository[Subscription]):
    model = Subscription

    def matching(
        self,
        now: datetime,
        *,
        status: Status | None = None,
        merchant_id: int | None = None,
        tier_code: str | None = None,
    ) -> Select[Any]:
        """Subscriptions by what they are at `now`."""
        statement = self.owned()
        if merchant_id is not None:
            statement = statement.where(Subscription.merchant_id == merchant_id)
        if status is Status.CANCELED:
            statement = statement.where(Subscription.ended_at <= now)
        elif status is Status.SCHEDULED:
            statement = statement.where(Subscription.started_at > now)
        elif status is not None:
            running = self._states(STATE.c.subscription_id).where(
                state_at(now), STATE.c.status == status.value
            )
            statement = statement.where(Subscription.id.in_(running))
        if tier_code is not None:
            statement = statement.where(Subscription.id.in_(self._of_tier(tier_code, now)))
        return statement

    def _states(self, *columns: Any) -> Select[Any]:
        return select(*columns).where(STATE.c.platform_id == self.platform_id)

    def _of_tier(self, code: str, now: datetime) -> Select[Any]:
        latest = (
            self._states(STATE.c.subscription_id, STATE.c.tier_id)
            .where(STATE.c.from_at <= now)
            .ext(distinct_on(STATE.c.subscription_id))
            .order_by(STATE.c.subscription_id, STATE.c.from_at.desc())
            .subquery()
        )
        tier = (
            select(Tier.id).where(Tier.platform_id == self.platform_id, Tier.code == code).scalar_subquery()
        )
        return select(latest.c.subscription_id).where(latest.c.tier_id == tier)

    async def locked(self, id: int) -> Subscription | None:
        """The row as it is now, held until the transaction ends."""
        statement = self.owned().where(Subscription.id == id).with_for_update()
        return await self.one(statement.execution_options(populate_existing=True))

    async def terms(self, rows: Collection[Subscription], now: datetime) -> dict[int, Terms]:
        """The terms of each subscription at `now`, by its id. One statement."""
        if not rows:
            return {}
        has_begun = STATE.c.from_at <= now
        statement = (
            self._states(STATE)
            .where(STATE.c.subscription_id.in_([row.id for row in rows]))
            .ext(distinct_on(STATE.c.subscription_id))
            .order_by(
                STATE.c.subscription_id,
                has_begun.desc(),
                func.abs(func.extract("epoch", STATE.c.from_at) - now.timestamp()),
            )
        )
        found = {state.subscription_id: state for state in (await self.session.execute(statement)).all()}
        return {row.id: _terms(row, found.get(row.id), now) for row in rows}

    async def is_running(self, merchant_id: int, tier_id: int, now: datetime, *, besides: int = 0) -> bool:
        """Whether the merchant has a running subscription to the tier, `besides` the one of that id."""
        statement = self._states(func.count()).where(
            STATE.c.merchant_id == merchant_id,
            STATE.c.tier_id == tier_id,
            STATE.c.subscription_id != besides,
            state_at(now),
        )
        return bool(await self.session.scalar(statement))

    async def live_of_merchants(self, merchant_ids: Sequence[int], now: datetime) -> dict[int, Subscription]:
        """Each merchant's running subscription, by merchant: paying before trialing before paused, then the
        latest. One statement."""
        rank = func.array_position([status.value for status in LIVE_FIRST], STATE.c.status)
        live = (
            self._states(STATE.c.subscription_id)
            .where(STATE.c.merchant_id.in_(merchant_ids), state_at(now))
            .ext(distinct_on(STATE.c.merchant_id))
            .order_by(STATE.c.merchant_id, rank, STATE.c.from_at.desc(), STATE.c.subscription_id.desc())
        )
        rows = await self.all(self.owned().where(Subscription.id.in_(live)))
        return {row.merchant_id: row for row in rows}

    async def counts_of_merchants(self, merchant_ids: Sequence[int]) -> dict[int, int]:
        """How many subscriptions each merchant has had. One statement."""
        statement = self.owned(Subscription.merchant_id, func.count()).where(
            Subscription.merchant_id.in_(merchant_ids)
        )
        rows = (await self.session.execute(statement.group_by(Subscription.merchant_id))).all()
        return {row[0]: row[1] for row in rows}

    async def add_unless_taken(self, **values: Any) -> Subscription | None:
        """Insert a subscription; None when its external id is taken, also by somebody at this very moment."""
        statement = insert(Subscription).values(platform_id=self.platform_id, **values)
        statement = statement.on_conflict_do_nothing(index_elements=["platform_id", "external_id"])
        result = await self.session.execute(statement.returning(Subscription))
        row: Subscription | None = result.scalar_one_or_none()
        return row

    async def record_change(self, subscription_id: int, at: datetime, **terms: Any) -> None:
        """New terms from `at` on; those recorded for that very instant are amended."""
        statement = insert(SubscriptionChange).values(
            platform_id=self.platform_id, subscription_id=subscription_id, at=at, created_at=at, **terms
        )
        await self.session.execute(
            statement.on_conflict_do_update(
                index_elements=["platform_id", "subscription_id", "at"],
                set_={name: statement.excluded[name] for name in terms},
            )
        )


class MrrMovementRepository(Repository[Any]):
    model = MrrMovement

    def between(self, start: datetime | None, end: datetime) -> Select[Any]:
        """The movements from `start` (None: the beginning) until before `end`."""
        statement = self.owned().where(MrrMovement.at < end)
        return statement if start is None else statement.where(MrrMovement.at >= start)


def _terms(row: Subscription, state: Any, now: datetime) -> Terms:
    """`state` is the state around `now`; None when the subscription ended the instant it began."""
    source = row if state is None else state
    status = Status.CANCELED if state is None else Status(state.status)
    if row.ended_at is not None and row.ended_at <= now:
        status = Status.CANCELED
    elif row.started_at > now:
        status = Status.SCHEDULED
    runs = state is not None and status in RUNNING
    return Terms(
        status=status,
        tier_id=source.tier_id,
        amount_minor=source.amount_minor,
        currency=source.currency,
        quantity=source.quantity,
        interval=Interval(source.interval),
        interval_count=source.interval_count,
        mrr_minor=state.mrr_minor if runs else 0,
        anchor_at=row.started_at if state is None else state.anchor_at,
    )
