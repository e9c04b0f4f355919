"""The plans of one document in one view: made when they are worth it, set aside when they do not fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FragmentDefinitionNode,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
)
from graphql.execution.values import VariableValues

from server.executor.budget import PlanBudget
from server.executor.mutations import MutationPlan
from server.executor.plan import Plan, compile_plan
from server.executor.run import Run
from server.executor.selection import fragments_of, switches_of
from server.executor.surprise import Unsupported
from server.executor.variables import Variables

MOST_VARIANTS = 8
"""Plans of one operation for different outcomes of `@skip` and `@include`."""
PATIENCE = 3
"""Surprises in a row after which an operation goes past its plan for a while, so that it is not run twice."""
REST = 64
AnyPlan = Plan | MutationPlan


@dataclass(frozen=True, slots=True)
class Outcome:
    """The response, or why graphql-core has to execute the operation."""

    response: ExecutionResult | None = None
    failures: tuple[Exception, ...] = ()

    @property
    def data(self) -> dict[str, Any] | None:
        return self.response.data if self.response is not None else None


NO_PLAN = Outcome()


@dataclass(slots=True, eq=False, weakref_slot=True)
class _Operation:
    """What is known about one operation of the document."""

    node: OperationDefinitionNode
    fragments: dict[str, FragmentDefinitionNode]
    variables: Variables
    switches: tuple[str, ...]
    variants: dict[tuple[Any, ...], AnyPlan | None] = field(default_factory=dict)
    keys: dict[tuple[Any, ...], int] = field(default_factory=dict)
    """Of plans in the budget."""
    uses: int = 0
    surprises: int = 0
    rest: int = 0

    def was_surprised(self) -> None:
        self.surprises += 1
        if self.surprises >= PATIENCE:
            self.rest = REST


class Plans:
    """Runs the queries and mutations of one document. Belongs to one view: another view's types make other plans.

    An operation is compiled when it is run for the `compile_at_use`th time; 0 compiles none.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        *,
        compile_at_use: int = 2,
        budget: PlanBudget | None = None,
    ) -> None:
        self._schema, self._document, self._compile_at_use = schema, document, compile_at_use
        self._budget = PlanBudget() if budget is None else budget
        self._operations: dict[str | None, _Operation | None] = {}

    async def run(
        self, operation_name: str | None, variables: Mapping[str, Any], context: Any, root: Any = None
    ) -> Outcome:
        """The response, or none when there is no plan or it met something it does not decide about."""
        operation = self._operation(operation_name)
        if operation is None or not self._is_due(operation):
            return NO_PLAN
        try:
            values = operation.variables.values(variables)
            plan = self._plan(operation, values)
            if plan is None:
                return NO_PLAN
            run = Run(self._schema, operation.fragments, operation.node, values, context, root)
        except Exception:
            return NO_PLAN
        try:
            data, errors = await plan.run(run)
        except Exception as error:
            operation.was_surprised()
            met = run.failures.causes() if run.failures is not None else ()
            return Outcome(failures=(error, *run.notes, *met))
        if run.was_surprised:
            operation.was_surprised()
        else:
            operation.surprises = 0
        return Outcome(ExecutionResult(data, errors or None))

    def source(self, operation_name: str | None = None) -> list[str]:
        """The code of the plans made so far."""
        operation = self._operations.get(operation_name)
        plans = operation.variants.values() if operation is not None else ()
        return [plan.source for plan in plans if plan is not None]

    def _operation(self, name: str | None) -> _Operation | None:
        if name not in self._operations:
            try:
                self._operations[name] = self._find(name)
            except (Unsupported, RecursionError):
                self._operations[name] = None
        return self._operations[name]

    def _find(self, name: str | None) -> _Operation | None:
        found = [
            definition
            for definition in self._document.definitions
            if isinstance(definition, OperationDefinitionNode)
            and (name is None or (definition.name is not None and definition.name.value == name))
        ]
        if len(found) != 1 or found[0].operation is OperationType.SUBSCRIPTION or found[0].directives:
            return None
        fragments = fragments_of(self._document)
        switches = switches_of(found[0], fragments)
        return _Operation(found[0], fragments, Variables(self._schema, found[0]), switches)

    def _is_due(self, operation: _Operation) -> bool:
        operation.uses += 1
        if operation.rest:
            operation.rest -= 1
            return False
        return 0 < self._compile_at_use <= operation.uses

    def _plan(self, operation: _Operation, values: VariableValues) -> AnyPlan | None:
        variant = tuple(values.coerced.get(name) for name in operation.switches)
        if variant in operation.variants:
            if variant in operation.keys:
                self._budget.use(operation.keys[variant])
            return operation.variants[variant]
        if len(operation.variants) >= MOST_VARIANTS:
            return None
        try:
            plan = compile_plan(self._schema, operation.fragments, operation.node, values)
        except (Unsupported, RecursionError):
            operation.variants[variant] = None
            return None
        operation.variants[variant] = plan
        operation.keys[variant] = self._budget.add(operation, partial(_drop, variant), plan.fields)
        return plan


def _drop(variant: tuple[Any, ...], operation: _Operation) -> None:
    """Forget a plan. It is made again when the operation is used as often as for the first time."""
    operation.variants.pop(variant, None)
    operation.keys.pop(variant, None)
    operation.uses = 0
