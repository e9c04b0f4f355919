"""A graphql-core schema that is part of another one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
)
from graphql.type.schema import InterfaceImplementations
from strawberry.schema.schema_converter import CustomGraphQLEnumType

from server.composition.ownership import owners_of
from server.composition.plan import VisibilityPlan

Element = TypeVar("Element", GraphQLField, GraphQLInputField, GraphQLArgument)


class ViewGraphQLSchema(GraphQLSchema):
    """The part of `plan.full` that `enabled` tokens show.

    It fills the attributes of `GraphQLSchema` itself and never calls its constructor, which would walk every
    field. Types that neither changed nor refer to a changed one are the full schema's own objects; the others
    are shells whose fields are made when they are first asked for.
    """

    def __init__(self, plan: VisibilityPlan, enabled: frozenset[str]) -> None:
        full = plan.full
        self.assume_valid = True
        self._validation_errors = []
        self.description, self.extensions = full.description, full.extensions
        self.ast_node, self.extension_ast_nodes = None, ()
        self.directives = full.directives
        self.plan, self.enabled = plan, enabled
        names, self._shown = plan.visible(enabled)
        self._changed = self._find_changed(names)
        self._wrappers: dict[int, Any] = {}
        self.type_map = {
            name: self._shell(name, type_) if name in self._changed else type_
            for name, type_ in plan.types.items()
            if name in names
        } | plan.introspection
        self.query_type = self._root(full.query_type)
        self.mutation_type = self._root(full.mutation_type)
        self.subscription_type = self._root(full.subscription_type)
        self._sub_type_map = {}
        self._implementations_map = {
            name: self._implementations(implementors)
            for name, implementors in plan.implementors.items()
            if name in names
        }

    def _find_changed(self, names: set[str]) -> set[str]:
        """Types that lost something, and all that refer to such a type, however indirectly."""
        plan, shown = self.plan, self._shown
        referrers: dict[str, list[str]] = defaultdict(list)
        for name in names:
            for other in plan.references(name, shown):
                referrers[other].append(name)
        changed = {name for name in names if plan.is_changed(name, names, shown, self.enabled)}
        stack = list(changed)
        while stack:
            for referrer in referrers[stack.pop()]:
                if referrer not in changed:
                    changed.add(referrer)
                    stack.append(referrer)
        return changed

    def _root(self, root: GraphQLObjectType | None) -> GraphQLObjectType | None:
        found = self.type_map.get(root.name) if root is not None else None
        return found if isinstance(found, GraphQLObjectType) else None

    def _implementations(self, names: list[str]) -> InterfaceImplementations:
        found = [self.type_map[name] for name in names if name in self.type_map]
        return InterfaceImplementations(
            objects=[type_ for type_ in found if isinstance(type_, GraphQLObjectType)],
            interfaces=[type_ for type_ in found if isinstance(type_, GraphQLInterfaceType)],
        )

    def _shell(self, name: str, type_: GraphQLNamedType) -> GraphQLNamedType:
        same: dict[str, Any] = {"description": type_.description, "extensions": type_.extensions}
        if isinstance(type_, GraphQLObjectType):
            interfaces = partial(self._named, type_.interfaces)
            return GraphQLObjectType(
                name, partial(self._fields, name), interfaces, is_type_of=type_.is_type_of, **same
            )
        if isinstance(type_, GraphQLInterfaceType):
            interfaces = partial(self._named, type_.interfaces)
            return GraphQLInterfaceType(
                name, partial(self._fields, name), interfaces, resolve_type=type_.resolve_type, **same
            )
        if isinstance(type_, GraphQLUnionType):
            members: Callable[[], Any] = partial(self._named, type_.types)
            return GraphQLUnionType(name, members, resolve_type=type_.resolve_type, **same)
        if isinstance(type_, GraphQLInputObjectType):
            return self._input_shell(name, type_, same)
        if isinstance(type_, GraphQLEnumType):
            return _enum_shell(type_, self.enabled)
        return type_

    def _input_shell(
        self, name: str, type_: GraphQLInputObjectType, same: dict[str, Any]
    ) -> GraphQLNamedType:
        fields = partial(self._input_fields, name)
        out_type = type_.__dict__.get("out_type")
        return GraphQLInputObjectType(name, fields, out_type=out_type, is_one_of=type_.is_one_of, **same)

    def _named(self, types: tuple[GraphQLNamedType, ...]) -> list[Any]:
        return [self.type_map[type_.name] for type_ in types if type_.name in self.type_map]

    def _fields(self, name: str) -> dict[str, GraphQLField]:
        fields: dict[str, GraphQLField] = {}
        shown = self._shown[name]
        for row in self.plan.fields[name]:
            if row.name not in shown or not isinstance(row.field, GraphQLField):
                continue
            hidden = shown[row.name]
            changed = {a.name for a in row.arguments if a.type_name in self._changed}
            if hidden or changed or row.type_name in self._changed:
                field = self._retarget(row.field)
                field.args = {
                    key: self._retarget(argument) if key in changed else argument
                    for key, argument in row.field.args.items()
                    if key not in hidden
                }
                fields[row.name] = field
            else:
                fields[row.name] = row.field
        return fields

    def _input_fields(self, name: str) -> dict[str, GraphQLInputField]:
        return {
            row.name: self._retarget(row.field) if row.type_name in self._changed else row.field
            for row in self.plan.fields[name]
            if row.name in self._shown[name] and isinstance(row.field, GraphQLInputField)
        }

    def _retarget(self, element: Element) -> Element:
        """A copy of a field or argument whose type is this schema's."""
        copy = object.__new__(type(element))
        copy.__dict__.update(element.__dict__)
        copy.type = self._type(element.type)
        return copy

    def _type(self, type_: Any) -> Any:
        """This schema's counterpart of a type reference, one object for each of the full schema's."""
        known = self._wrappers.get(id(type_))
        if known is None:
            known = self._wrappers[id(type_)] = self._convert(type_)
        return known

    def _convert(self, type_: Any) -> Any:
        if isinstance(type_, GraphQLNonNull):
            return GraphQLNonNull(self._convert(type_.of_type))
        if isinstance(type_, GraphQLList):
            return GraphQLList(self._convert(type_.of_type))
        return self.type_map[type_.name]


class _ViewEnum(CustomGraphQLEnumType):
    """An enum that lost values; answering one of those is refused without naming it."""

    def coerce_output_value(self, output_value: Any) -> str:
        try:
            return super().coerce_output_value(output_value)
        except (ValueError, GraphQLError):
            raise GraphQLError("This value is not available.") from None


def _enum_shell(enum: GraphQLEnumType, enabled: frozenset[str]) -> GraphQLEnumType:
    shell = object.__new__(_ViewEnum)
    computed = ("values", "_value_lookup")
    shell.__dict__.update({key: value for key, value in enum.__dict__.items() if key not in computed})
    shell._values = {name: value for name, value in enum.values.items() if owners_of(value) <= enabled}
    return shell
