"""What can be asked about billing."""

from datetime import date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import strawberry

from modules.billing.graphql.arguments import (
    After,
    First,
    SubscriptionFilter,
    SubscriptionOrder,
    subscription_order,
)
from modules.billing.graphql.contributions import graph
from modules.billing.loaders import page_of, subscriptions_by_id, tiers_by_id, with_terms
from modules.billing.mrr import Status
from modules.billing.permissions import VIEW
from modules.billing.repository import MrrMovementRepository, SubscriptionRepository, TierRepository
from modules.billing.types import BillingSubscription, BillingTier, MrrMovement
from server.clock import start_of_day
from server.errors import BadUserInput
from server.graphql.connections import Connection, connection
from server.graphql.fields import query_field
from server.graphql.ids import local_id
from server.graphql.info import Info


@graph.query
class BillingQuery:
    @query_field(description="The tiers, in the order they are shown to merchants.", permission=VIEW)
    async def tiers(
        self,
        info: Info,
        archived: Annotated[
            bool, strawberry.argument(description="Whether tiers that are no longer sold are listed too.")
        ] = False,
        first: First = None,
        after: After = None,
    ) -> Connection[BillingTier]:
        ctx = info.context
        page = await TierRepository(ctx).page(archived=archived, first=first, after=after)
        return connection(page, lambda row: BillingTier.of(ctx, row))

    @query_field(description="One tier; null when there is none with this id.", permission=VIEW)
    async def tier(
        self,
        info: Info,
        id: Annotated[strawberry.relay.GlobalID, strawberry.argument(description="Its id.")],
    ) -> BillingTier | None:
        row = await info.context.loader(tiers_by_id).load(local_id(id, "BillingTier"))
        return BillingTier.of(info.context, row) if row else None

    @query_field(description="The subscriptions within reach, the latest first.", permission=VIEW)
    async def subscriptions(
        self,
        info: Info,
        filter: Annotated[
            SubscriptionFilter | None, strawberry.argument(description="Which ones; all when left out.")
        ] = None,
        order_by: Annotated[
            SubscriptionOrder | None,
            strawberry.argument(description="The order; the latest first when left out."),
        ] = None,
        first: First = None,
        after: After = None,
    ) -> Connection[BillingSubscription]:
        ctx = info.context
        wanted = filter or SubscriptionFilter()
        repository = SubscriptionRepository(ctx)
        statement = repository.matching(
            ctx.asked_at,
            status=Status[wanted.status.name] if wanted.status else None,
            merchant_id=local_id(wanted.merchant_id, "Merchant") if wanted.merchant_id else None,
            tier_code=wanted.tier,
        )
        page = await repository.page(statement, subscription_order(order_by), first, after)
        states = {state.row.id: state for state in await with_terms(ctx, page.rows)}
        return connection(page_of(page, states), lambda state: BillingSubscription.of(ctx, state))

    @query_field(description="One subscription; null when there is none within reach.", permission=VIEW)
    async def subscription(
        self,
        info: Info,
        id: Annotated[strawberry.relay.GlobalID, strawberry.argument(description="Its id.")],
    ) -> BillingSubscription | None:
        key = local_id(id, "BillingSubscription")
        state = await info.context.loader(subscriptions_by_id).load(key)
        return BillingSubscription.of(info.context, state) if state else None

    @query_field(
        description="How monthly recurring revenue moved, line by line, oldest first. Lines add up to the MRR.",
        permission=VIEW,
    )
    async def mrr_movements(
        self,
        info: Info,
        date_from: Annotated[
            date | None, strawberry.argument(description="First local day; from the beginning when left out.")
        ] = None,
        date_to: Annotated[
            date | None,
            strawberry.argument(description="Last local day; until now when left out. May lie ahead."),
        ] = None,
        first: First = None,
        after: After = None,
    ) -> Connection[MrrMovement]:
        ctx = info.context
        if date_from and date_to and date_from > date_to:
            raise BadUserInput(f"`dateFrom` {date_from} is after `dateTo` {date_to}.", argument="dateFrom")
        zone = ctx.current_platform.zone
        page = await MrrMovementRepository(ctx).page(
            _start("dateFrom", date_from, zone) if date_from else None,
            _start("dateTo", date_to, zone, days=1) if date_to else ctx.asked_at,
            first=first,
            after=after,
        )
        return connection(page, lambda row: MrrMovement.of(ctx, row))


def _start(argument: str, day: date, zone: ZoneInfo, *, days: int = 0) -> datetime:
    """When the local day so many `days` after `day` begins."""
    try:
        return start_of_day(day + timedelta(days=days), zone)
    except OverflowError as error:
        raise BadUserInput(f"`{argument}` {day} is out of range.", argument=argument) from error
