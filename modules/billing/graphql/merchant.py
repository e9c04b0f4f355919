"""What billing tells about a merchant."""

import strawberry

from modules.billing.graphql.arguments import After, First
from modules.billing.graphql.contributions import graph
from modules.billing.loaders import PageOf, live_by_merchant, pages_by_merchant
from modules.billing.permissions import VIEW
from modules.billing.types import BillingSubscription
from modules.tenancy.api import Merchant
from server.graphql.connections import Connection, connection
from server.graphql.fields import field
from server.graphql.info import Info


@graph.extend(Merchant)
class MerchantBilling:
    @field(description="Its subscriptions, the latest first.", permission=VIEW)
    async def subscriptions(
        self, info: Info, root: strawberry.Parent[Merchant], first: First = None, after: After = None
    ) -> Connection[BillingSubscription]:
        ctx = info.context
        page = await ctx.loader(pages_by_merchant).load(PageOf(root.id, first, after))
        return connection(page, lambda state: BillingSubscription.of(ctx, state))

    @field(
        description="The subscription that runs: one that is paid for before a trial before a paused one, then "
        "the latest. Null when none runs.",
        permission=VIEW,
    )
    async def active_subscription(
        self, info: Info, root: strawberry.Parent[Merchant]
    ) -> BillingSubscription | None:
        state = await info.context.loader(live_by_merchant).load(root.id)
        return BillingSubscription.of(info.context, state) if state else None
