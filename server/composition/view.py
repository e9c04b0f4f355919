"""What one set of modules and kind of caller sees of the schema, ready to run operations."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from functools import cached_property
from hashlib import sha256
from inspect import isawaitable
from typing import Any, cast

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    execute,
    get_introspection_query,
    parse,
    specified_rules,
    subscribe,
    validate,
)
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from server.composition.documents import DocumentCache, DocumentRecord
from server.composition.plan import VisibilityPlan
from server.composition.pruned import ViewGraphQLSchema
from server.composition.schema import ComposedSchema, NamedDefinition
from server.composition.sdl import render_schema
from server.db.failures import named
from server.executor import PlanBudget, Plans, ends_operation

RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
MOST_ERRORS = 20
"""An author mends them one by one; each costs time to word."""
PLANS = "plans"
VIEW_HEADER = "The GraphQL schema you can use."


class SchemaView(ComposedSchema):
    """The full schema's resolvers, converters and configuration over a smaller GraphQL schema.

    It holds what was found out about documents and itself, so all of that goes when the view is evicted.
    `enabled` are its tokens. Strawberry's own `execute` and `subscribe` work on it too, for tests.
    """

    def __init__(
        self,
        full: ComposedSchema,
        plan: VisibilityPlan,
        enabled: frozenset[str],
        *,
        compile_at_use: int = 2,
        budget: PlanBudget | None = None,
    ) -> None:
        self.__dict__.update(full.__dict__)
        self._schema = ViewGraphQLSchema(plan, enabled)
        self._schema._strawberry_schema = self  # type: ignore[attr-defined]  # where Strawberry's Info looks
        self.enabled = enabled
        self.compile_at_use = compile_at_use
        self.budget = PlanBudget() if budget is None else budget
        self.documents = DocumentCache()

    @property
    def modules(self) -> frozenset[str]:
        """The codes of the enabled modules that have anything in the schema."""
        return frozenset(token for token in self.enabled if not token.startswith("@"))

    def get_type_by_name(self, name: str) -> NamedDefinition | None:  # type: ignore[override]  # see above
        """The definition of a visible type; hidden and invented names are alike."""
        return super().get_type_by_name(name) if name in self._schema.type_map else None

    def validate(self, document: DocumentNode, *, hide_suggestions: bool = False) -> list[GraphQLError]:
        """GraphQL's rules and Strawberry's. Suggestions name only what the view shows."""
        return validate(
            self._schema, document, RULES, max_errors=MOST_ERRORS, hide_suggestions=hide_suggestions
        )

    async def execute_document(
        self,
        document: DocumentNode,
        *,
        context: Any,
        variables: Mapping[str, Any] | None = None,
        operation_name: str | None = None,
        root: Any = None,
        record: DocumentRecord | None = None,
    ) -> ExecutionResult:
        """Run a query or mutation of a document that `validate` accepts. Errors are returned, not logged.

        Raises `ServiceUnavailable` or `TimedOut` when the database failed and the query would have to ask it again.
        With the document's `record` a query that is asked again is compiled.
        """
        outcome = await self._plans(document, record).run(operation_name, variables or {}, context, root)
        if outcome.response is not None:
            return outcome.response
        for failure in outcome.failures:
            if ends_operation(failure):
                # A statement that took all its time is not given as much again. Asking again after a lost
                # connection makes sense on another one only, and for the operation as a whole.
                raise named(failure) or failure
        result = execute(
            self._schema,
            document,
            **self._arguments(context, variables, operation_name, root),
            is_awaitable=cast(Any, optimized_is_awaitable),
        )
        return await result if isawaitable(result) else result

    def _plans(self, document: DocumentNode, record: DocumentRecord | None) -> Plans:
        plans = record.facts.get(PLANS) if record is not None else None
        if plans is None:
            plans = Plans(self._schema, document, compile_at_use=self.compile_at_use, budget=self.budget)
            if record is not None:
                record.facts[PLANS] = plans
        return cast(Plans, plans)

    async def subscribe_document(
        self,
        document: DocumentNode,
        *,
        context: Any,
        variables: Mapping[str, Any] | None = None,
        operation_name: str | None = None,
        root: Any = None,
    ) -> AsyncIterator[ExecutionResult] | ExecutionResult:
        """Start a subscription: its results as they happen, or one result with the errors that prevented it.

        It keeps this view for as long as it lives.
        """
        result = subscribe(
            self._schema, document, **self._arguments(context, variables, operation_name, root)
        )
        return await result if isawaitable(result) else result

    def _arguments(
        self, context: Any, variables: Mapping[str, Any] | None, operation_name: str | None, root: Any
    ) -> dict[str, Any]:
        return {
            "root_value": root,
            "context_value": context,
            "variable_values": dict(variables) if variables is not None else None,
            "operation_name": operation_name,
            "executor_class": self.execution_context_class,
            "operation_extensions": None,
        }

    @cached_property
    def introspection(self) -> dict[str, Any]:
        """The answer to GraphQL's standard introspection query, with everything it can ask for."""
        query = get_introspection_query(
            specified_by_url=True,
            directive_is_repeatable=True,
            schema_description=True,
            input_value_deprecation=True,
            one_of=True,
        )
        result = cast(ExecutionResult, execute(self._schema, parse(query)))
        if result.errors or result.data is None:
            raise ValueError(f"The view {sorted(self.enabled)} cannot be introspected: {result.errors}")
        return result.data

    def sdl(self) -> str:
        """The view as SDL, types sorted by name."""
        return self._sdl

    def sdl_hash(self) -> str:
        """SHA-256 of `sdl()`, in hexadecimal."""
        return self._sdl_hash

    def as_str(self) -> str:
        return self._sdl

    __str__ = as_str

    @cached_property
    def _sdl(self) -> str:
        return render_schema(self._schema, VIEW_HEADER)

    @cached_property
    def _sdl_hash(self) -> str:
        return sha256(self._sdl.encode()).hexdigest()
