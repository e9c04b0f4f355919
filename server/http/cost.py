"""What an operation may cost at most, from its document, the schema and the page sizes it asks for.

Every object costs 1 and a list costs what its elements cost together; scalars are free. The objects of a
page count as often as `first` (or `last`) says. A field's author may say better: `cost` replaces the 1,
`list_size` the assumed length of a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    Node,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)

from server.db.paging import DEFAULT_PAGE
from server.graphql.fields import COST, LIST_SIZE
from server.http.declared import declared
from server.http.limits import Limits, bad_input, too_costly
from server.http.measure import INTROSPECTION_FIELDS

ASSUMED_LIST_SIZE = 10
MUTATION_COST = 10
INTROSPECTION_COST = 1_000
_PAGE_ARGUMENTS = ("first", "last")
_PAGE_LISTS = frozenset({"edges", "nodes"})
_REMEMBERED_COSTS = 64


@dataclass(frozen=True, slots=True)
class Cost:
    """`points` with all pages counted; `errors` when a page size or the cost itself is refused."""

    points: int
    errors: tuple[GraphQLError, ...] = ()


@dataclass(slots=True)
class CostFacts:
    """What stays true of one operation of a document, whatever the variables' values are."""

    variables: tuple[str, ...] | None = None
    """The variables that page sizes read; None until the cost was first computed."""
    known: dict[tuple[Any, ...], Cost] = field(default_factory=dict)


def operation_cost(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
    limits: Limits,
    facts: CostFacts,
) -> Cost:
    """The cost of a valid operation. `facts` belongs to it and makes the next call a look-up."""
    key = _key(facts, variables)
    found = facts.known.get(key) if key is not None else None
    if found is not None:
        return found
    meter = CostMeter(schema, document, operation, variables, limits)
    cost = meter.cost()
    facts.variables = tuple(sorted(meter.read_variables))
    key = _key(facts, variables)
    if key is not None and len(facts.known) < _REMEMBERED_COSTS:
        facts.known[key] = cost
    return cost


def _key(facts: CostFacts, variables: Mapping[str, Any]) -> tuple[Any, ...] | None:
    if facts.variables is None:
        return None
    key = tuple(variables.get(name, Undefined) for name in facts.variables)
    # 1, 1.0 and True are one key to a dict but not one page size.
    if all(value is None or value is Undefined or type(value) is int for value in key):
        return key
    return None


@dataclass(frozen=True, slots=True)
class _Sum:
    """The cost of one object's selections: `fixed`, and `per_item` for each element of its page."""

    fixed: int = 0
    per_item: int = 0


class CostMeter:
    """Adds up one operation; fragments once each."""

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
        limits: Limits,
    ) -> None:
        self.read_variables: set[str] = set()
        self._schema, self._operation, self._limits = schema, operation, limits
        self._variables = variables
        self._defaults = {
            definition.variable.name.value: definition.default_value
            for definition in operation.variable_definitions or ()
        }
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._summed: dict[str, _Sum] = {}
        self._errors: list[GraphQLError] = []

    def cost(self) -> Cost:
        """The points, and the errors that stop the operation."""
        root = self._schema.get_root_type(self._operation.operation)
        total = self._selections(self._operation.selection_set, root)
        points = total.fixed + total.per_item * ASSUMED_LIST_SIZE
        if not self._errors and points > self._limits.cost:
            advice = "ask for smaller pages (`first`) or fewer nested lists"
            self._errors.append(
                too_costly(
                    f"may cost {points} points",
                    value=points,
                    limit=self._limits.cost,
                    advice=advice,
                    node=self._operation,
                )
            )
        return Cost(points, tuple(self._errors))

    def _selections(self, selection_set: SelectionSetNode, parent: GraphQLNamedType | None) -> _Sum:
        fixed = per_item = 0
        for selection in selection_set.selections:
            part = self._selection(selection, parent)
            fixed += part.fixed
            per_item += part.per_item
        return _Sum(fixed, per_item)

    def _selection(self, selection: SelectionNode, parent: GraphQLNamedType | None) -> _Sum:
        if isinstance(selection, FieldNode):
            return self._field(selection, parent)
        if isinstance(selection, FragmentSpreadNode):
            return self._fragment(selection.name.value)
        if isinstance(selection, InlineFragmentNode):
            condition = selection.type_condition
            inner = self._schema.get_type(condition.name.value) if condition else parent
            return self._selections(selection.selection_set, inner)
        return _Sum()

    def _fragment(self, name: str) -> _Sum:
        if name not in self._summed:
            fragment = self._fragments[name]
            parent = self._schema.get_type(fragment.type_condition.name.value)
            self._summed[name] = self._selections(fragment.selection_set, parent)
        return self._summed[name]

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None) -> _Sum:
        name = node.name.value
        if name in INTROSPECTION_FIELDS:
            return _Sum(INTROSPECTION_COST)
        if not isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) or name not in parent.fields:
            return _Sum()
        definition = parent.fields[name]
        page = self._page_size(node, definition)
        own = self._own_cost(definition, parent)
        inner = _Sum()
        if node.selection_set is not None:
            inner = self._selections(node.selection_set, get_named_type(definition.type))
        if not is_list_type(get_nullable_type(definition.type)) or not is_composite_type(
            get_named_type(definition.type)
        ):
            return _Sum(own + inner.fixed + inner.per_item * (page or ASSUMED_LIST_SIZE))
        each = inner.fixed + inner.per_item * ASSUMED_LIST_SIZE
        assumed = declared(definition, LIST_SIZE)
        if page is None and assumed is None and name in _PAGE_LISTS and "pageInfo" in parent.fields:
            return _Sum(per_item=each + (0 if name == "edges" else own))
        return _Sum((page or assumed or ASSUMED_LIST_SIZE) * (own + each))

    def _own_cost(self, definition: GraphQLField, parent: GraphQLNamedType) -> int:
        stated = declared(definition, COST)
        if stated is not None:
            return int(stated)
        if parent is self._schema.mutation_type and self._operation.operation is OperationType.MUTATION:
            return MUTATION_COST
        return 1 if is_composite_type(get_named_type(definition.type)) else 0

    def _page_size(self, node: FieldNode, definition: GraphQLField) -> int | None:
        """The larger of `first` and `last`; None when the field has neither argument."""
        names = [name for name in _PAGE_ARGUMENTS if _is_page_argument(definition, name)]
        if not names:
            return None
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        sizes = []
        for name in names:
            size = self._value(given[name]) if name in given else definition.args[name].default_value
            if isinstance(size, float) and size.is_integer():
                size = int(size)
            if type(size) is not int:
                continue
            if not 1 <= size <= self._limits.page_size:
                self._refuse_page(node, given.get(name), name, size)
                size = max(1, min(size, self._limits.page_size))
            sizes.append(size)
        return max(sizes, default=min(DEFAULT_PAGE, self._limits.page_size))

    def _value(self, value: ValueNode) -> Any:
        if isinstance(value, IntValueNode):
            # Longer digits are far outside any page, and slow to convert.
            return int(value.value[:12])
        if isinstance(value, VariableNode):
            name = value.name.value
            self.read_variables.add(name)
            default = self._defaults.get(name)
            if name not in self._variables and default is not None:
                return self._value(default)
            return self._variables.get(name)
        return None

    def _refuse_page(self, field_node: FieldNode, value: Node | None, name: str, size: int) -> None:
        limit = self._limits.page_size
        self._errors.append(
            bad_input(
                f"`{name}` of `{field_node.name.value}` is {size}; it must be between 1 and {limit}. "
                "Read further pages with `after`.",
                value or field_node,
                limit=limit,
            )
        )


def _is_page_argument(definition: GraphQLField, name: str) -> bool:
    argument = definition.args.get(name)
    return argument is not None and get_named_type(argument.type).name == "Int"
