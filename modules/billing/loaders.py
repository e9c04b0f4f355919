"""Rows for lists: one statement each, whatever the count. Rows out of reach are None."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from modules.billing.models import Subscription
from modules.billing.repository import SubscriptionRepository, Terms, TierRepository
from server.context import Context
from server.db.paging import Page
from server.db.statements import Row


@dataclass(frozen=True, slots=True)
class SubscriptionNow:
    """A subscription and what it is at this moment."""

    row: Subscription | Row
    terms: Terms


@dataclass(frozen=True, slots=True)
class PagesOf:
    """A page of the subscriptions of each of some merchants."""

    merchant_ids: tuple[int, ...]
    first: int | None
    after: str | None


async def tiers_by_id(ctx: Context, ids: Sequence[int]) -> Sequence[Row | None]:
    found = await TierRepository(ctx).rows_by_ids(ids)
    return [found.get(id) for id in ids]


async def subscriptions_by_id(ctx: Context, ids: Sequence[int]) -> Sequence[SubscriptionNow | None]:
    found = await SubscriptionRepository(ctx).rows_by_ids(ids)
    now = {state.row.id: state for state in await with_terms(ctx, list(found.values()))}
    return [now.get(id) for id in ids]


async def live_by_merchant(ctx: Context, merchant_ids: Sequence[int]) -> Sequence[SubscriptionNow | None]:
    """Each merchant's running subscription."""
    found = await SubscriptionRepository(ctx).live_of_merchants(merchant_ids, ctx.asked_at)
    now = {state.row.merchant_id: state for state in await with_terms(ctx, list(found.values()))}
    return [now.get(id) for id in merchant_ids]


async def pages_by_merchant(
    ctx: Context, keys: Sequence[PagesOf]
) -> Sequence[Sequence[Page[SubscriptionNow]]]:
    """One statement for each different page size and cursor, and one for the terms of all."""
    merchants: dict[tuple[int | None, str | None], dict[int, None]] = defaultdict(dict)
    for key in keys:
        merchants[key.first, key.after].update(dict.fromkeys(key.merchant_ids))

    async def count_of(merchant_id: int) -> int:
        return await ctx.loader(counts_by_merchant).load(merchant_id)

    repository = SubscriptionRepository(ctx)
    pages = {
        (first, after): await repository.pages_by_merchant(list(ids), first, after, count_of)
        for (first, after), ids in merchants.items()
    }
    rows = [row for found in pages.values() for page in found.values() for row in page.rows]
    states = {state.row.id: state for state in await with_terms(ctx, rows)}
    return [[page_of(pages[key.first, key.after][id], states) for id in key.merchant_ids] for key in keys]


async def counts_by_merchant(ctx: Context, merchant_ids: Sequence[int]) -> Sequence[int]:
    """How many subscriptions each merchant has had."""
    counts = await SubscriptionRepository(ctx).counts_of_merchants(merchant_ids)
    return [counts.get(id, 0) for id in merchant_ids]


async def with_terms(ctx: Context, rows: Sequence[Subscription | Row]) -> list[SubscriptionNow]:
    """The rows in order, each with its terms at this moment. One statement."""
    terms = await SubscriptionRepository(ctx).terms(rows, ctx.asked_at)
    return [SubscriptionNow(row, terms[row.id]) for row in rows]


def page_of(page: Page[Row], states: dict[int, SubscriptionNow]) -> Page[SubscriptionNow]:
    """The page with the states of its rows."""
    shown: Any = [states[row.id] for row in page.rows]
    return cast(Page[SubscriptionNow], replace(page, rows=shown))
