"""Rows for lists: one statement each, whatever the count. Rows out of reach are None."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from modules.billing.models import Subscription, Tier
from modules.billing.repository import SubscriptionRepository, Terms, TierRepository
from server.context import Context
from server.db.paging import Order, Page, fetch_pages

STARTED_AT = Order("started_at", Subscription.started_at, Subscription.id, descending=True)


@dataclass(frozen=True, slots=True)
class SubscriptionNow:
    """A subscription and what it is at this moment."""

    row: Subscription
    terms: Terms


@dataclass(frozen=True, slots=True)
class PageOf:
    """A page of one merchant's subscriptions."""

    merchant_id: int
    first: int | None
    after: str | None


async def tiers_by_id(ctx: Context, ids: Sequence[int]) -> Sequence[Tier | None]:
    found = await TierRepository(ctx).by_ids(ids)
    return [found.get(id) for id in ids]


async def subscriptions_by_id(ctx: Context, ids: Sequence[int]) -> Sequence[SubscriptionNow | None]:
    found = await SubscriptionRepository(ctx).by_ids(ids)
    now = {state.row.id: state for state in await with_terms(ctx, list(found.values()))}
    return [now.get(id) for id in ids]


async def live_by_merchant(ctx: Context, merchant_ids: Sequence[int]) -> Sequence[SubscriptionNow | None]:
    """Each merchant's running subscription."""
    found = await SubscriptionRepository(ctx).live_of_merchants(merchant_ids, ctx.asked_at)
    now = {state.row.merchant_id: state for state in await with_terms(ctx, list(found.values()))}
    return [now.get(id) for id in merchant_ids]


async def pages_by_merchant(ctx: Context, keys: Sequence[PageOf]) -> Sequence[Page[SubscriptionNow]]:
    """One statement for each different page size and cursor, and one for the terms of all."""
    subscriptions = SubscriptionRepository(ctx)
    merchants: dict[tuple[int | None, str | None], list[int]] = defaultdict(list)
    for key in keys:
        merchants[key.first, key.after].append(key.merchant_id)

    async def count_of(merchant_id: int) -> int:
        return await ctx.loader(counts_by_merchant).load(merchant_id)

    found: dict[PageOf, Page[Subscription]] = {}
    for (first, after), ids in merchants.items():
        pages = await fetch_pages(
            ctx.session,
            subscriptions.owned(),
            Subscription.merchant_id,
            ids,
            STARTED_AT,
            first=first,
            after=after,
            count_of=count_of,
        )
        found.update((PageOf(id, first, after), page) for id, page in pages.items())
    rows = [row for page in found.values() for row in page.rows]
    states = {state.row.id: state for state in await with_terms(ctx, rows)}
    return [page_of(found[key], states) for key in keys]


async def counts_by_merchant(ctx: Context, merchant_ids: Sequence[int]) -> Sequence[int]:
    """How many subscriptions each merchant has had."""
    counts = await SubscriptionRepository(ctx).counts_of_merchants(merchant_ids)
    return [counts.get(id, 0) for id in merchant_ids]


async def with_terms(ctx: Context, rows: Sequence[Subscription]) -> list[SubscriptionNow]:
    """The rows in order, each with its terms at this moment. One statement."""
    terms = await SubscriptionRepository(ctx).terms(rows, ctx.asked_at)
    return [SubscriptionNow(row, terms[row.id]) for row in rows]


def page_of(page: Page[Subscription], states: dict[int, SubscriptionNow]) -> Page[SubscriptionNow]:
    """The page with the states of its rows."""
    rows: list[Any] = [states[row.id] for row in page.rows]
    return cast(Page[SubscriptionNow], replace(page, rows=rows))
