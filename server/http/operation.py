"""One GraphQL operation from its parameters to its answer, whatever transport it came by.

Parse, check who may ask at all, check the limits, validate, price, charge, execute: each step refuses before
the next one spends anything.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    parse,
)

from server.auth.caller import Caller
from server.composition import DocumentRecord, SchemaView
from server.context import Context
from server.db.again import try_again
from server.db.failures import ConnectionLost
from server.errors import BadUserInput, FacetError, RateLimited, TimedOut, Unauthenticated
from server.http.answers import Answer, answer_refusal, answer_result, cause_of
from server.http.body import Parameters
from server.http.budget import Budget, Charge
from server.http.cost import CostFacts, operation_cost
from server.http.deadline import Listen, deadline
from server.http.declared import is_public
from server.http.limits import VALIDATION_FAILED, Limits, check_shape, check_variables
from server.http.measure import INTROSPECTION_FIELDS
from server.http.notes import RequestNotes
from server.http.refusal import Refusal, refuse, refuse_document, refuse_for
from server.http.refused import RefusedTexts
from server.http.texts import check_literals, check_texts
from server.telemetry.prometheus import Meters

_REMEMBERED_INTROSPECTIONS = 1
ONE_ANSWER = frozenset({OperationType.QUERY, OperationType.MUTATION})


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks, and the schema they see. The context goes to the resolvers."""

    context: Context
    view: SchemaView
    address: str = "-"
    """The client's network address; anonymous callers share a budget per address."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """An operation of a document, and what is found out about it once."""

    operation: OperationDefinitionNode
    is_introspection: bool
    """Whether it asks about the schema and nothing else."""
    cost_facts: CostFacts = field(default_factory=CostFacts)


@dataclass(frozen=True, slots=True)
class Prepared:
    """An operation that passed every check and may be charged and executed."""

    chosen: Chosen
    parameters: Parameters
    record: DocumentRecord
    cost: int

    @property
    def operation(self) -> OperationDefinitionNode:
        return self.chosen.operation

    @property
    def is_query(self) -> bool:
        return self.chosen.operation.operation is OperationType.QUERY


class Operations:
    """Checks, charges and executes operations."""

    def __init__(
        self,
        limits: Limits,
        budget: Budget,
        meters: Meters,
        *,
        seconds: float = 15.0,
        retry_seconds: float = 3.0,
    ) -> None:
        """An operation that takes longer than `seconds` is stopped. A query whose connection to the database
        is lost runs again, for up to `retry_seconds`."""
        self.limits, self._budget, self._meters = limits, budget, meters
        self.seconds, self._retry_seconds = seconds, retry_seconds
        self._refused = RefusedTexts()
        # Large to compute and the same for everyone who sees the view; gone with it.
        self._introspections: WeakKeyDictionary[SchemaView, dict[tuple[str, str | None], ExecutionResult]] = (
            WeakKeyDictionary()
        )

    async def answer(
        self,
        visit: Visit,
        parameters: Parameters,
        notes: RequestNotes,
        *,
        allowed: Collection[OperationType] = ONE_ANSWER,
        listen: Listen | None = None,
    ) -> Answer:
        """The answer to one operation of a kind in `allowed`; never raises for what a client sent.

        When `listen` tells that the client has hung up, a query is stopped; a mutation is not.
        """
        started = time.perf_counter()
        try:
            prepared = self.prepare(visit, parameters, notes, allowed=allowed)
            answer = await self.execute(visit, prepared, notes, listen)
        except Refusal as refusal:
            answer = answer_refusal(refusal, notes.request_id)
        self._note(answer, notes, time.perf_counter() - started)
        return answer

    def prepare(
        self,
        visit: Visit,
        parameters: Parameters,
        notes: RequestNotes,
        *,
        allowed: Collection[OperationType] = ONE_ANSWER,
    ) -> Prepared:
        """Everything up to the price; raises `Refusal`."""
        caller = visit.context.caller
        known = visit.view.documents.get(parameters.query)
        document = known.document if known is not None else self._parse(parameters.query)
        chosen = _chosen(document, known, parameters.operation_name)
        operation = chosen.operation
        notes.name_operation(operation.operation.value, operation.name.value if operation.name else None)
        _require_allowed(operation, allowed)
        if caller.is_anonymous and not is_public(visit.view.graphql_schema, document):
            raise refuse_for(
                Unauthenticated("Sign in first: send a session token or API key as a bearer token.")
            )
        record = known
        if record is None:
            record = self._check(visit.view, parameters.query, document)
            record.facts[_fact(parameters.operation_name)] = chosen
        if record.errors:
            raise refuse_document(_for_anonymous() if caller.is_anonymous else record.errors)
        return self._price(visit.view, record, chosen, parameters)

    async def execute(
        self, visit: Visit, prepared: Prepared, notes: RequestNotes, listen: Listen | None = None
    ) -> Answer:
        """Charge and run a prepared operation; raises `Refusal` when the budget is used up, the operation takes
        too long or the database stays away."""
        charge = await self.charge(visit, prepared.cost)
        try:
            async with deadline(self.seconds, listen if prepared.is_query else None):
                result = await self._run(visit, prepared)
        except TimeoutError:
            raise refuse_for(_too_long(prepared.operation, self.seconds)) from None
        except FacetError as error:
            raise refuse_for(error) from error
        answer = answer_result(result, notes.request_id)
        answer.extensions.update(self._cost_extension(charge))
        answer.headers.update(self._rate_headers(charge))
        return answer

    async def _run(self, visit: Visit, prepared: Prepared) -> ExecutionResult:
        if prepared.chosen.is_introspection:
            return await self._introspect(visit, prepared)
        return await (self._read if prepared.is_query else _execute)(visit, prepared)

    async def _introspect(self, visit: Visit, prepared: Prepared) -> ExecutionResult:
        remembered = self._introspections.setdefault(visit.view, {})
        key = (prepared.parameters.query, prepared.parameters.operation_name)
        if key in remembered:
            return remembered[key]
        result = await self._read(visit, prepared)
        if len(remembered) < _REMEMBERED_INTROSPECTIONS:
            remembered[key] = result
        return result

    async def _read(self, visit: Visit, prepared: Prepared) -> ExecutionResult:
        """The result of a query. One during which the connection was lost is forgotten, whatever parts of it
        are there: the query is asked again, as a whole and in a new snapshot."""
        is_first = True

        async def once() -> ExecutionResult:
            nonlocal is_first
            if not is_first:
                self._meters.query_retried()
                await visit.context.services.open_again(visit.context)
            is_first = False
            result = await _execute(visit, prepared)
            for error in result.errors or ():
                cause = cause_of(error)
                if isinstance(cause, ConnectionLost):
                    raise cause
            return result

        return await try_again(once, seconds=self._retry_seconds)

    async def charge(self, visit: Visit, points: int) -> Charge:
        """Take the price from the caller's budget; raises `Refusal` (429) when it holds less."""
        charge = await self._budget.charge(_budget_key(visit), max(1, points))
        if charge.granted:
            return charge
        refusal = refuse_for(
            RateLimited(
                f"This operation costs {charge.requested} points and {charge.remaining} are left. "
                f"Try again in {charge.retry_after} seconds, or ask for less.",
                retryAfter=charge.retry_after,
            )
        )
        refusal.extensions.update(self._cost_extension(charge))
        refusal.headers.update(self._rate_headers(charge))
        raise refusal

    def _parse(self, text: str) -> DocumentNode:
        refused = self._refused.get(text)
        if refused is not None:
            if refused.document is None:
                raise refuse_document(refused.errors)
            return refused.document
        limits = self.limits
        try:
            document = parse(
                text,
                max_lexical_tokens=limits.tokens,
                max_comments=limits.comments,
                max_source_length=limits.characters,
            )
        except GraphQLError as error:
            raise refuse_document(self._refused.put(text, None, [error])) from None
        return document

    def _check(self, view: SchemaView, text: str, document: DocumentNode) -> DocumentRecord:
        """Shape, then validity; what was found is remembered with the document, by the view."""
        refused = self._refused.get(text)
        if refused is not None:
            raise refuse_document(refused.errors)
        broken = check_shape(document, self.limits) or check_literals(text, document)
        if broken:
            raise refuse_document(self._refused.put(text, document, broken))
        errors = view.validate(document)
        for error in errors:
            error.extensions = {"code": VALIDATION_FAILED, **(error.extensions or {})}
        return view.documents.put(text, document, errors)

    def _price(
        self,
        view: SchemaView,
        record: DocumentRecord,
        chosen: Chosen,
        parameters: Parameters,
    ) -> Prepared:
        variables = parameters.variables
        wrong = check_variables(variables, self.limits) or check_texts(variables)
        if wrong:
            raise refuse_document(wrong)
        cost = operation_cost(
            view.graphql_schema,
            record.document,
            chosen.operation,
            variables,
            self.limits,
            chosen.cost_facts,
        )
        if cost.errors:
            raise refuse_document(cost.errors)
        return Prepared(chosen, parameters, record, cost.points)

    def _cost_extension(self, charge: Charge) -> dict[str, dict[str, int]]:
        return {
            "cost": {
                "requested": charge.requested,
                "limit": self.limits.cost,
                "remaining": charge.remaining,
                "capacity": self._budget.capacity,
                "restoreRate": self._budget.per_second,
            }
        }

    def _rate_headers(self, charge: Charge) -> dict[str, str]:
        missing = self._budget.capacity - charge.remaining
        return {
            "RateLimit-Limit": str(self._budget.capacity),
            "RateLimit-Remaining": str(charge.remaining),
            "RateLimit-Reset": str(-(-missing // self._budget.per_second)),
        }

    def _note(self, answer: Answer, notes: RequestNotes, seconds: float) -> None:
        notes.code = answer.code
        outcome = "refused" if not answer.has_data else "errors" if answer.errors else "ok"
        self._meters.operation_done(notes.operation_type or "unknown", outcome, seconds)
        if outcome == "refused":
            self._meters.refused(answer.code or "unknown")


async def _execute(visit: Visit, prepared: Prepared) -> ExecutionResult:
    return await visit.view.execute_document(
        prepared.record.document,
        context=visit.context,
        variables=prepared.parameters.variables,
        operation_name=prepared.parameters.operation_name,
        record=prepared.record,
    )


def _too_long(operation: OperationDefinitionNode, seconds: float) -> TimedOut:
    stopped = f"The operation took longer than {seconds:g} seconds and was stopped."
    if operation.operation is OperationType.MUTATION:
        return TimedOut(f"{stopped} Look what it has stored before you send it again.")
    return TimedOut(f"{stopped} Ask for less at once.")


def _chosen(document: DocumentNode, known: DocumentRecord | None, name: str | None) -> Chosen:
    found: Chosen | None = known.facts.get(_fact(name)) if known is not None else None
    if found is None:
        operation = select_operation(document, name)
        found = Chosen(operation, is_introspection(operation))
        if known is not None:
            known.facts[_fact(name)] = found
    return found


def _fact(name: str | None) -> str:
    return f"operation {name}"


def select_operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """The operation to run; raises `Refusal` when `name` does not tell which."""
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    named = [o for o in operations if name is None or (o.name is not None and o.name.value == name)]
    if len(named) == 1:
        return named[0]
    if not operations:
        message = "The document has no operation. Send a query or mutation."
    elif name is None:
        message = "The document has several operations. Say which one to run in operationName."
    elif named:
        message = "Several operations have the name given in operationName. Give each its own."
    else:
        message = "No operation has the name given in operationName."
    raise refuse_document([GraphQLError(message, extensions={"code": BadUserInput.code})])


def is_introspection(operation: OperationDefinitionNode) -> bool:
    """Whether the operation asks about the schema and nothing else, always the same."""
    return not operation.variable_definitions and all(
        isinstance(selection, FieldNode) and selection.name.value in INTROSPECTION_FIELDS
        for selection in operation.selection_set.selections
    )


def _require_allowed(operation: OperationDefinitionNode, allowed: Collection[OperationType]) -> None:
    if operation.operation in allowed:
        return
    if operation.operation is OperationType.MUTATION:
        raise refuse(405, "Mutations need POST.", "METHOD_NOT_ALLOWED", Allow="POST")
    message = "Subscriptions run over WebSocket (graphql-transport-ws) or server-sent events, not here."
    raise refuse_document([GraphQLError(message, operation, extensions={"code": BadUserInput.code})])


def _for_anonymous() -> list[GraphQLError]:
    message = "The operation is not valid. Sign in to be told what is wrong with it."
    return [GraphQLError(message, extensions={"code": VALIDATION_FAILED})]


def _budget_key(visit: Visit) -> str:
    caller: Caller = visit.context.caller
    platform = visit.context.platform
    place = platform.id if platform is not None else 0
    if caller.is_anonymous:
        return f"{place}:anonymous:{visit.address}"
    holder = caller.user_id if caller.user_id is not None else f"k{caller.credential_id}"
    return f"{place}:{caller.kind.value}:{holder}"
