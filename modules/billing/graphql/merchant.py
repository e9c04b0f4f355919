"""What billing tells about a merchant."""

from collections.abc import Sequence

from modules.billing.graphql.arguments import After, First
from modules.billing.graphql.contributions import graph
from modules.billing.loaders import PagesOf, live_by_merchant, pages_by_merchant
from modules.billing.permissions import VIEW
from modules.billing.types import BillingSubscription
from modules.tenancy.api import Merchant
from server.graphql.batched import batched
from server.graphql.connections import Connection, connection
from server.graphql.info import Info


@graph.extend(Merchant)
class MerchantBilling:
    @batched(description="Its subscriptions, the latest first.", permission=VIEW)
    @staticmethod
    async def subscriptions(
        parents: Sequence[Merchant], info: Info, first: First = None, after: After = None
    ) -> Sequence[Connection[BillingSubscription]]:
        ctx = info.context
        wanted = PagesOf(tuple(merchant.id for merchant in parents), first, after)
        pages = await ctx.loader(pages_by_merchant).load(wanted)
        return [connection(page, lambda state: BillingSubscription.of(ctx, state)) for page in pages]

    @batched(
        description="The subscription that runs: one that is paid for before a trial before a paused one, then "
        "the latest. Null when none runs.",
        permission=VIEW,
    )
    @staticmethod
    async def active_subscription(
        parents: Sequence[Merchant], info: Info
    ) -> Sequence[BillingSubscription | None]:
        ctx = info.context
        states = await ctx.loader(live_by_merchant).load_many([merchant.id for merchant in parents])
        return [BillingSubscription.of(ctx, state) if state else None for state in states]
