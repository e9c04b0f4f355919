"""W5: the dashboards of forty platforms with different modules, each with the cards that it has."""

from __future__ import annotations

from collections.abc import Collection

from server.graphql.ids import global_id
from tests.benchmarks.cards import (
    FRAGMENT,
    dashboard_by_hand,
    dashboard_of_postgraphile,
    dashboard_statement,
    dashboard_text,
)
from tests.benchmarks.data import MODULE_SETS, codes, merchant_of, modules_of
from tests.benchmarks.workload import Question, Workload


def name_of(modules: Collection[str]) -> str:
    """The operation's name, which tells the hand-written server what is asked."""
    return "Dashboard" + "".join(code.title() for code in ("tenancy", *modules))


def question(place: int, code: str) -> Question:
    """A platform's; half of them are asked by the administrator, half by who works for the merchant."""
    modules = modules_of(code)
    return Question(
        name_of(modules),
        dashboard_text(name_of(modules), modules) + FRAGMENT,
        {"merchant": global_id("Merchant", merchant_of(code))},
        platform=code,
        kind="member" if place % 8 >= 4 else "admin",
    )


WORKLOAD = Workload(
    name="W5",
    title="dashboards of 40 platforms with different modules",
    questions=tuple(question(place, code) for place, code in enumerate(codes()[1:])),
    by_hand={name_of(modules): dashboard_by_hand(modules) for modules in MODULE_SETS},
    statements=tuple(dashboard_statement(modules) for modules in MODULE_SETS),
    translations={
        ("PostGraphile", name_of(modules)): dashboard_of_postgraphile(modules) for modules in MODULE_SETS
    },
)
