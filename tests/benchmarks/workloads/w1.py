"""W1: one merchant's dashboard, four cards and its MRR, all with trends."""

from __future__ import annotations

from server.graphql.ids import global_id
from tests.benchmarks.cards import (
    FRAGMENT,
    dashboard_by_hand,
    dashboard_of_postgraphile,
    dashboard_statement,
    dashboard_text,
)
from tests.benchmarks.data import merchant_of
from tests.benchmarks.workload import Question, Workload

MODULES = ("billing", "customers")

WORKLOAD = Workload(
    name="W1",
    title="one merchant's dashboard",
    questions=(
        Question(
            "Dashboard",
            dashboard_text("Dashboard", MODULES) + FRAGMENT,
            {"merchant": global_id("Merchant", merchant_of("bench"))},
        ),
    ),
    by_hand={"Dashboard": dashboard_by_hand(MODULES)},
    statements=(dashboard_statement(MODULES),),
    translations={("PostGraphile", "Dashboard"): dashboard_of_postgraphile(MODULES)},
)
