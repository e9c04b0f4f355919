"""What mutations are given."""

from decimal import Decimal

import strawberry

from modules.billing.types import BillingInterval


@strawberry.input(description="A tier to put on sale.")
class CreateTierInput:
    code: str = strawberry.field(description="Stable name, unique on the platform.")
    name: str = strawberry.field(description="Name shown to merchants.")
    amount: Decimal = strawberry.field(description="Price of one unit in each billing period, such as 49.90.")
    currency: str = strawberry.field(description="The currency's ISO 4217 code.")
    interval: BillingInterval = strawberry.field(description="Unit of the billing period.")
    interval_count: int = strawberry.field(default=1, description="Units in a billing period: 1 to 365.")
    description: str = strawberry.field(default="", description="What the tier offers.")
    position: int = strawberry.field(default=100, description="Its place in lists, smallest first.")


@strawberry.input(description="A merchant to subscribe to a tier, from now on.")
class CreateSubscriptionInput:
    merchant_id: strawberry.relay.GlobalID = strawberry.field(description="Who subscribes.")
    tier_id: strawberry.relay.GlobalID = strawberry.field(description="What is subscribed to.")
    quantity: int = strawberry.field(default=1, description="How many units.")
    amount: Decimal | None = strawberry.field(
        default=None, description="Price of one unit, in the tier's currency; the tier's when left out."
    )
    trial_days: int | None = strawberry.field(
        default=None, description="Days on trial, 0 to 365; as the platform has set when left out."
    )
    external_id: str | None = strawberry.field(
        default=None, description="Its id in your system; a second one with the same id is refused."
    )


@strawberry.input(description="New terms of a subscription, from now on. What is left out stays as it is.")
class ChangeSubscriptionInput:
    id: strawberry.relay.GlobalID = strawberry.field(description="Which subscription.")
    tier_id: strawberry.relay.GlobalID | None = strawberry.field(
        default=None, description="Another tier; it brings its price and billing period."
    )
    quantity: int | None = strawberry.field(default=None, description="Another number of units.")
    amount: Decimal | None = strawberry.field(
        default=None, description="Another price of one unit, in the subscription's currency."
    )
