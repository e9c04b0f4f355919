"""The views in use."""

from __future__ import annotations

from collections import OrderedDict

from server.auth.audience import Audience
from server.composition.ownership import admits
from server.composition.plan import VisibilityPlan
from server.composition.schema import ComposedSchema
from server.composition.view import SchemaView
from server.executor import PlanBudget


class ViewCache:
    """The `max_size` views of a schema used last, one for each set of tokens that makes a difference.

    Platforms with the same modules share a view, and so do kinds of caller that no contribution tells apart.
    A view never goes stale: what changes is which one a platform asks for. Made for one event loop.
    Queries are compiled when they are used for the `compile_at_use`th time; 0 compiles none.
    """

    def __init__(self, schema: ComposedSchema, max_size: int = 256, *, compile_at_use: int = 2) -> None:
        self.schema = schema
        self.compile_at_use = compile_at_use
        self.budget = PlanBudget()
        self.plan = VisibilityPlan(schema.graphql_schema)
        self.max_size = max_size
        self.hits = 0
        self.misses = 0
        self._modules = frozenset(token for token in self.plan.tokens if not token.startswith("@"))
        self._views: OrderedDict[frozenset[str], SchemaView] = OrderedDict()
        self._admitted = {
            audience: frozenset(token for token in self.plan.tokens if admits(token, audience))
            for audience in (None, *Audience)
        }

    def __len__(self) -> int:
        return len(self._views)

    def get(self, modules: frozenset[str], audience: Audience | None = None) -> SchemaView:
        """The view of a platform with these modules for that kind of caller.

        Without an audience nothing that is limited to one is shown.
        """
        key = (self._modules & modules) | self._admitted[audience]
        view = self._views.get(key)
        if view is not None:
            self.hits += 1
            self._views.move_to_end(key)
            return view
        self.misses += 1
        view = self._views[key] = SchemaView(
            self.schema, self.plan, key, compile_at_use=self.compile_at_use, budget=self.budget
        )
        if len(self._views) > self.max_size:
            self._views.popitem(last=False)
        return view
