"""Keep plans: those used last, in a bounded memory, and none for what is gone."""

import gc
from typing import Any
from weakref import ref

import strawberry
from graphql import parse

from server.executor import PlanBudget, Plans
from tests.server.executor.both import new_context


@strawberry.type
class Query:
    @strawberry.field
    def size(self) -> int:
        return 1


SCHEMA = strawberry.Schema(Query)


def plans_for(budget: PlanBudget, fields: int) -> Plans:
    text = " ".join(f"a{n}: size" for n in range(fields))
    return Plans(SCHEMA._schema, parse(f"{{ {text} }}"), compile_at_use=1, budget=budget)


async def run(plans: Plans) -> Any:
    return await plans.run(None, {}, new_context())


async def test_drops_those_used_longest_ago() -> None:
    budget = PlanBudget(most_fields=10)
    first, second, third = (plans_for(budget, 4) for _ in range(3))
    for plans in (first, second, first, third):
        assert (await run(plans)).data is not None

    assert [len(plans.source()) for plans in (first, second, third)] == [1, 0, 1]
    assert (len(budget), budget.fields) == (2, 8)


async def test_makes_a_dropped_plan_again() -> None:
    budget = PlanBudget(most_fields=5)
    first, second = plans_for(budget, 4), plans_for(budget, 3)
    for plans in (first, second, first):
        assert (await run(plans)).data is not None

    assert [len(plans.source()) for plans in (first, second)] == [1, 0]


async def test_keeps_one_that_is_larger_than_the_budget() -> None:
    budget = PlanBudget(most_fields=2)
    large = plans_for(budget, 4)

    assert (await run(large)).data is not None
    assert (len(large.source()), budget.fields) == (1, 4)


async def test_forgets_those_whose_document_is_gone() -> None:
    budget = PlanBudget()
    plans = plans_for(budget, 4)
    await run(plans)
    gone = ref(plans)

    del plans
    gc.collect()

    assert gone() is None
    assert (len(budget), budget.fields) == (0, 0)
