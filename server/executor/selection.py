"""What an operation selects, level by level: graphql-core's own collection, done once for each plan."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.collect_fields import (
    CollectedFields,
    FieldDetailsList,
    FragmentDetails,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues
from graphql.pyutils import Path

from server.executor.calls import Call, Source, call_of
from server.executor.surprise import Unsupported

MOST_FIELDS = 800
"""Selected fields, each counted for every type it can belong to; compiling one takes about 0.1 ms."""
_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")
_SWITCHES = ("skip", "include")


@dataclass(slots=True, eq=False)
class Selected:
    """One key of a level's objects."""

    key: str
    typename: str | None = None
    """The value, when the key is a `__typename`."""
    call: Call | None = None
    type: Any = None
    levels: dict[str, Level] = field(default_factory=dict)
    """What is selected of the value, by the name of its object type."""
    details: FieldDetailsList = field(default_factory=list)
    level: Level | None = None
    """Where it belongs."""
    quick: Callable[[Any, Any], Any] | None = None
    """`quick_of` and `check_of` it, once they were asked for."""
    check: Callable[[Any, Any], None] | None = None

    @property
    def is_abstract(self) -> bool:
        return isinstance(get_named_type(self.type), GraphQLInterfaceType | GraphQLUnionType)

    @property
    def is_plain(self) -> bool:
        """Whether its value, with all that is below, is read from objects without a call."""
        if self.call is None:
            return True
        if self.call.source not in (Source.ATTRIBUTE, Source.NODE_ID) or self.is_abstract:
            return False
        return self.is_plain_below

    @property
    def is_plain_below(self) -> bool:
        """Whether everything selected of its value is plain, however it comes by the value."""
        return not self.is_abstract and all(level.is_plain for level in self.levels.values())


@dataclass(slots=True, eq=False)
class Level:
    """What is selected of the objects of one type at one place."""

    type: GraphQLObjectType
    fields: list[Selected] = field(default_factory=list)
    is_plain: bool = True

    def after(self, selected: Selected) -> list[str]:
        """The keys that come after a field's."""
        keys = [each.key for each in self.fields]
        return keys[keys.index(selected.key) + 1 :]


class Selections:
    """Builds the levels of one operation for one outcome of its `@skip` and `@include`."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: dict[str, FragmentDefinitionNode],
        operation: OperationDefinitionNode,
        variables: VariableValues,
    ) -> None:
        self._schema, self._operation, self._variables = schema, operation, variables
        self._fragments = {name: FragmentDetails(node) for name, node in fragments.items()}
        self.count = 0

    def root(self) -> Level:
        """The level of the root object; raises `Unsupported`."""
        root = self._schema.get_root_type(self._operation.operation)
        if root is None:
            raise Unsupported("no such root")
        found = collect_fields(self._schema, self._fragments, self._variables, root, self._operation)
        return self._level(root, found, None, below_list=False)

    def _level(
        self, type_: GraphQLObjectType, found: CollectedFields, path: Path | None, *, below_list: bool
    ) -> Level:
        if found.new_defer_usages:
            raise Unsupported("@defer")
        level = Level(type_)
        for key, details in found.grouped_field_set.items():
            level.fields.append(self._selected(type_, key, details, path, below_list=below_list))
        for selected in level.fields:
            selected.level = level
        level.is_plain = all(selected.is_plain for selected in level.fields)
        return level

    def _selected(
        self,
        parent: GraphQLObjectType,
        key: str,
        details: FieldDetailsList,
        path: Path | None,
        *,
        below_list: bool,
    ) -> Selected:
        self.count += 1
        if self.count > MOST_FIELDS:
            raise Unsupported("too many fields")
        name = details[0].node.name.value
        if not _NAME.fullmatch(key):
            raise Unsupported("no name")
        if name == "__typename":
            return Selected(key, typename=parent.name)
        definition = parent.fields.get(name)
        if definition is None:
            raise Unsupported("introspection")
        own_path = None if below_list else Path(path, key, parent.name)
        nodes = [detail.node for detail in details]
        call = call_of(self._schema, parent, definition, nodes, key, own_path)
        selected = Selected(key, call=call, type=definition.type, details=details)
        below = below_list or _has_list(definition.type)
        for type_ in self._possible(definition.type):
            found = collect_subfields(
                self._schema, self._fragments, self._variables, self._operation, type_, details
            )
            selected.levels[type_.name] = self._level(type_, found, own_path, below_list=below)
        return selected

    def _possible(self, type_: GraphQLOutputType) -> list[GraphQLObjectType]:
        named = get_named_type(type_)
        if isinstance(named, GraphQLInterfaceType | GraphQLUnionType):
            return list(self._schema.get_possible_types(named))
        return [named] if isinstance(named, GraphQLObjectType) else []


def _has_list(type_: Any) -> bool:
    while is_non_null_type(type_) or is_list_type(type_):
        if is_list_type(type_):
            return True
        type_ = type_.of_type
    return False


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """The document's fragments by name."""
    found = {}
    for definition in document.definitions:
        if isinstance(definition, FragmentDefinitionNode):
            if definition.directives or definition.variable_definitions:
                raise Unsupported("directives or variables of a fragment")
            found[definition.name.value] = definition
    return found


def switches_of(
    operation: OperationDefinitionNode, fragments: dict[str, FragmentDefinitionNode]
) -> tuple[str, ...]:
    """The variables that decide what is selected, sorted; raises `Unsupported` for any other directive."""
    found: set[str] = set()
    for selection_set in (operation.selection_set, *(f.selection_set for f in fragments.values())):
        found.update(_switches(selection_set))
    return tuple(sorted(found))


def _switches(selection_set: SelectionSetNode) -> Iterator[str]:
    for node in selection_set.selections:
        assert isinstance(node, FieldNode | FragmentSpreadNode | InlineFragmentNode)
        for directive in node.directives or ():
            if directive.name.value not in _SWITCHES:
                raise Unsupported(f"@{directive.name.value}")
            for argument in directive.arguments or ():
                if isinstance(argument.value, VariableNode):
                    yield argument.value.name.value
        if not isinstance(node, FragmentSpreadNode) and node.selection_set is not None:
            yield from _switches(node.selection_set)
