# mypy: disable-error-code="untyped-decorator"
"""Enum, input, union and an optional target; mutations for some audiences only."""

from enum import Enum
from typing import Annotated

import strawberry
from strawberry import relay

from server.auth.audience import ADMINS, Audience
from server.graphql.graph import ModuleGraph
from tests.server.composition.sample_modules.base import PUBLIC, Error, Refused, ShopNumbers, Tracked
from tests.server.composition.sample_modules.people import Person
from tests.server.composition.sample_modules.places import Shop

graph = ModuleGraph("plans", __name__)


@strawberry.enum(description="What a plan is worth.")
class PlanCode(Enum):
    FREE = strawberry.enum_value("free", description="Nothing.")
    PAID = strawberry.enum_value("paid", description="Something.")
    INTERNAL = strawberry.enum_value("internal", description="For us.")


graph.own(PlanCode.INTERNAL, audience=ADMINS)


@graph.member_of("SearchResult")
@strawberry.type(description="What somebody agreed to pay.")
class PlansSubscription(Tracked):
    plan: PlanCode = strawberry.field(description="The plan.")
    payer: Person | None = strawberry.field(description="Who pays.", default=None)


@graph.extend(Shop)
class ShopPlans:
    @strawberry.field(description="The shop's plan.")
    def subscription(
        self,
        code: Annotated[PlanCode, strawberry.argument(description="Only this.")] = PlanCode.FREE,
    ) -> PlansSubscription | None:
        return PlansSubscription(plan=code)

    @strawberry.field(description="What it costs us.", metadata={"audience": {Audience.OPERATOR}})
    def cost(self) -> int:
        return 5


@graph.extend("Person")
class PersonPlans:
    @strawberry.field(description="What they owe.")
    def balance(self) -> int:
        return 5


@graph.extend("Robot")
class RobotPlans:
    @strawberry.field(description="What it owes.")
    def balance(self) -> int:
        return 0


@graph.extend(ShopNumbers)
class ShopPlansNumbers:
    @strawberry.field(description="What the shop brings in.")
    def revenue(self) -> int:
        return 10


@strawberry.input(description="Which plan to take.")
class ChangePlanInput:
    shop: relay.GlobalID = strawberry.field(description="The shop.")
    plan: PlanCode = strawberry.field(description="The plan.")


@strawberry.type(description="The shop has its new plan.")
class ChangePlanPayload:
    subscription: PlansSubscription = strawberry.field(description="What was agreed.")


@strawberry.type(description="That plan is not for sale.")
class PlanWithdrawn(Error):
    plan: PlanCode = strawberry.field(description="The plan.")


@graph.mutation(audience={Audience.OPERATOR, Audience.ADMIN, Audience.MERCHANT})
class PlansMutation:
    @strawberry.mutation(description="Take another plan.", metadata=PUBLIC)
    def change_plan(
        self, input: Annotated[ChangePlanInput, strawberry.argument(description="Which, for whom.")]
    ) -> Annotated[
        ChangePlanPayload | PlanWithdrawn | Refused,
        strawberry.union("ChangePlanResult", description="What became of the change."),
    ]:
        if input.plan is PlanCode.INTERNAL:
            return PlanWithdrawn(message="Not for sale.", plan=input.plan)
        return ChangePlanPayload(subscription=PlansSubscription(plan=input.plan))
