"""How tiers, subscriptions and movements are found."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    DateTime,
    Select,
    String,
    any_,
    bindparam,
    extract,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import distinct_on, insert

from modules.billing.models import STATE, MrrMovement, Subscription, SubscriptionChange, Tier, state_at
from modules.billing.mrr import Interval, Status
from server.db.paging import Order, Page, fetch_page, fetch_pages
from server.db.repository import Bounds, Repository
from server.db.statements import Row
from server.db.values import IDS

TIERS_BY_POSITION = Order("tiers", Tier.position, Tier.id)
LATEST_FIRST = Order("started_at", Subscription.started_at, Subscription.id, descending=True)
MOVEMENTS_BY_TIME = Order("mrr_movements", MrrMovement.at, MrrMovement.id)

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

    @classmethod
    def within(cls, bounds: Bounds) -> ColumnElement[bool]:
        """Tiers are the platform's offer: whoever may see tiers sees all of them."""
        condition: ColumnElement[bool] = Tier.platform_id == bounds.platform_id
        return condition

    async def page(self, *, archived: bool, first: int | None, after: str | None) -> Page[Row]:
        """A page of the tiers in the order they are shown; archived ones only when asked for."""
        statement = _tiers(everything=self.caller.sees_everything, archived=archived)
        return await fetch_page(
            self.session, statement, TIERS_BY_POSITION, first=first, after=after, values=self.reach
        )

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
        """Subscriptions by what they are at `now`; to be run with the values of `reach`."""
        statement = self.reading()
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

    async def page(
        self, statement: Select[Any], order: Order, first: int | None, after: str | None
    ) -> Page[Row]:
        """A page of the subscriptions that are `matching`."""
        return await fetch_page(self.session, statement, order, first=first, after=after, values=self.reach)

    async def pages_by_merchant(
        self,
        merchant_ids: Sequence[int],
        first: int | None,
        after: str | None,
        count_of: Callable[[int], Awaitable[int]],
    ) -> dict[int, Page[Row]]:
        """A page of each merchant's subscriptions, the latest first. One statement."""
        return await fetch_pages(
            self.session,
            self.reading(),
            Subscription.merchant_id,
            merchant_ids,
            LATEST_FIRST,
            first=first,
            after=after,
            count_of=count_of,
            values=self.reach,
        )

    async def terms(self, rows: Collection[Subscription | Row], now: datetime) -> dict[int, Terms]:
        """The terms of each subscription at `now`, by its id. One statement."""
        if not rows:
            return {}
        values = {"platform_id": self.platform_id, "ids": [row.id for row in rows], "now": now}
        found = {state.subscription_id: state for state in await self.rows(_TERMS, values)}
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

    async def live_of_merchants(self, merchant_ids: Sequence[int], now: datetime) -> dict[int, Row]:
        """Each merchant's running subscription, by merchant: paying before trialing before paused, then the
        latest. One statement."""
        statement = _live(everything=self.caller.sees_everything)
        values = {**self.reach, "platform_id": self.platform_id, "ids": list(merchant_ids), "now": now}
        return {row.merchant_id: row for row in await self.rows(statement, values)}

    async def counts_of_merchants(self, merchant_ids: Sequence[int]) -> dict[int, int]:
        """How many subscriptions each merchant has had. One statement."""
        statement = _counts(everything=self.caller.sees_everything)
        rows = await self.rows(statement, {**self.reach, "ids": list(merchant_ids)})
        return {row.merchant_id: row.subscriptions for row in rows}

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

    async def page(
        self, start: datetime | None, end: datetime, *, first: int | None, after: str | None
    ) -> Page[Row]:
        """A page of the movements from `start` (None: the beginning) until before `end`, oldest first."""
        statement = self.reading().where(MrrMovement.at < end)
        if start is not None:
            statement = statement.where(MrrMovement.at >= start)
        return await fetch_page(
            self.session, statement, MOVEMENTS_BY_TIME, first=first, after=after, values=self.reach
        )


_NOW = bindparam("now", type_=DateTime(timezone=True), required=True)
_PLATFORM_ID = bindparam("platform_id", type_=BigInteger(), required=True)
_TERMS = (
    select(STATE)
    .where(STATE.c.platform_id == _PLATFORM_ID, STATE.c.subscription_id == any_(IDS))
    .ext(distinct_on(STATE.c.subscription_id))
    .order_by(
        STATE.c.subscription_id,
        (STATE.c.from_at <= _NOW).desc(),
        func.abs(extract("epoch", STATE.c.from_at) - extract("epoch", _NOW)),
    )
)


@cache
def _tiers(*, everything: bool, archived: bool) -> Select[Any]:
    statement = TierRepository.selecting(everything=everything)
    return statement if archived else statement.where(Tier.is_archived.is_(False))


@cache
def _live(*, everything: bool) -> Select[Any]:
    ranks = bindparam(None, [status.value for status in LIVE_FIRST], type_=ARRAY(String()))
    rank = func.array_position(ranks, STATE.c.status)
    live = (
        select(STATE.c.subscription_id)
        .where(STATE.c.platform_id == _PLATFORM_ID, STATE.c.merchant_id == any_(IDS), state_at(_NOW))
        .ext(distinct_on(STATE.c.merchant_id))
        .order_by(STATE.c.merchant_id, rank, STATE.c.from_at.desc(), STATE.c.subscription_id.desc())
    )
    return SubscriptionRepository.selecting(everything=everything).where(Subscription.id.in_(live))


@cache
def _counts(*, everything: bool) -> Select[Any]:
    counted = SubscriptionRepository.selecting(
        Subscription.merchant_id, func.count().label("subscriptions"), everything=everything
    )
    return counted.where(Subscription.merchant_id == any_(IDS)).group_by(Subscription.merchant_id)


def _terms(row: Subscription | Row, state: Any, now: datetime) -> Terms:
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
