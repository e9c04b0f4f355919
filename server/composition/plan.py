"""Which elements of the schema a set of tokens shows, computed on tables made once from the full schema."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import partial
from inspect import isawaitable
from typing import Any, NamedTuple, TypeAlias

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_introspection_type,
    is_required_argument,
    is_required_input_field,
)

from server.composition.ownership import owners_of

Shown: TypeAlias = dict[str, dict[str, tuple[str, ...]]]
"""Type name -> field name -> the arguments of the field that are hidden."""


class ArgumentRow(NamedTuple):
    name: str
    type_name: str
    owners: frozenset[str]
    is_required: bool


class FieldRow(NamedTuple):
    name: str
    field: GraphQLField | GraphQLInputField
    type_name: str
    owners: frozenset[str]
    arguments: tuple[ArgumentRow, ...]
    is_required_input: bool

    def hidden_arguments(self, types: set[str], enabled: frozenset[str]) -> tuple[str, ...] | None:
        """The arguments to leave out; None when the field itself is hidden."""
        if self.type_name not in types or not self.owners <= enabled:
            return None
        hidden = [a for a in self.arguments if a.type_name not in types or not a.owners <= enabled]
        if any(argument.is_required for argument in hidden):
            return None
        return tuple(argument.name for argument in hidden)


class VisibilityPlan:
    """Answers `visible(tokens)` for one full schema.

    Making a plan also guards the schema's abstract types once: an object whose type the view hides is refused
    with a neutral error instead of one that names the type.
    """

    def __init__(self, full: GraphQLSchema) -> None:
        self.full = full
        self.types = {n: t for n, t in full.type_map.items() if not is_introspection_type(t)}
        self.introspection = {n: t for n, t in full.type_map.items() if is_introspection_type(t)}
        self.owners = {name: owners_of(type_) for name, type_ in self.types.items()}
        self.fields = {name: tuple(_rows(t)) for name, t in self.types.items() if hasattr(t, "fields")}
        self.interfaces = {n: [i.name for i in getattr(t, "interfaces", ())] for n, t in self.types.items()}
        self.implementors: Mapping[str, list[str]] = defaultdict(list)
        for name, interfaces in self.interfaces.items():
            for interface in interfaces:
                self.implementors[interface].append(name)
        self.tokens = frozenset(_all_tokens(self))
        for type_ in self.types.values():
            if isinstance(type_, (GraphQLUnionType, GraphQLInterfaceType)):
                _guard(type_)

    def visible(self, enabled: frozenset[str]) -> tuple[set[str], Shown]:
        """The names of the visible types, and their visible fields with the arguments these lose.

        Nothing half-made is shown: a field goes with its type and its required arguments, an input with its
        required fields, an object with an interface field it no longer has, a type with its last field,
        member, value or implementor, and everything with the last way to reach it.
        """
        types = {name for name, owners in self.owners.items() if owners <= enabled}
        shown: Shown = {}
        while True:
            gone = self._hollow(types, shown, enabled) or self._broken(types, shown)
            if not gone:
                break
            types -= gone
            for name in gone:
                shown.pop(name, None)
        reachable = self._reachable(types, shown)
        return reachable, {name: fields for name, fields in shown.items() if name in reachable}

    def _hollow(self, types: set[str], shown: Shown, enabled: frozenset[str]) -> set[str]:
        """Types left without content, after bringing `shown` up to date with `types`."""
        gone = set()
        for name in types:
            if name in self.fields:
                shown[name], lacks_required = self._kept(name, types, enabled)
                is_hollow = lacks_required or not shown[name]
            else:
                is_hollow = not self._has_content(self.types[name], types, enabled)
            if is_hollow:
                gone.add(name)
        return gone

    @staticmethod
    def _has_content(type_: GraphQLNamedType, types: set[str], enabled: frozenset[str]) -> bool:
        if isinstance(type_, GraphQLUnionType):
            return any(member.name in types for member in type_.types)
        if isinstance(type_, GraphQLEnumType):
            return any(owners_of(value) <= enabled for value in type_.values.values())
        return True

    def _kept(
        self, name: str, types: set[str], enabled: frozenset[str]
    ) -> tuple[dict[str, tuple[str, ...]], bool]:
        kept: dict[str, tuple[str, ...]] = {}
        lacks_required = False
        for row in self.fields[name]:
            hidden = row.hidden_arguments(types, enabled)
            if hidden is not None:
                kept[row.name] = hidden
            elif row.is_required_input:
                lacks_required = True
        return kept, lacks_required

    def _broken(self, types: set[str], shown: Shown) -> set[str]:
        """Interfaces that nothing implements, and types that lack a field of an interface they implement."""
        return {name for name in types if self._is_broken(name, types, shown)}

    def _is_broken(self, name: str, types: set[str], shown: Shown) -> bool:
        is_interface = isinstance(self.types[name], GraphQLInterfaceType)
        if is_interface and not any(other in types for other in self.implementors.get(name, ())):
            return True
        interfaces = [interface for interface in self.interfaces[name] if interface in types]
        return any(not shown[interface].keys() <= shown[name].keys() for interface in interfaces)

    def _reachable(self, types: set[str], shown: Shown) -> set[str]:
        full = self.full
        roots = (full.query_type, full.mutation_type, full.subscription_type)
        stack = [root.name for root in roots if root is not None]
        stack += [get_named_type(a.type).name for d in full.directives for a in d.args.values()]
        seen: set[str] = set()
        while stack:
            name = stack.pop()
            if name not in seen and name in types:
                seen.add(name)
                stack.extend(self.references(name, shown))
                stack.extend(self.implementors.get(name, ()))
        return seen

    def references(self, name: str, shown: Shown) -> Iterator[str]:
        """The names of the types that the visible part of a type refers to."""
        yield from self.interfaces[name]
        type_ = self.types[name]
        if isinstance(type_, GraphQLUnionType):
            yield from (member.name for member in type_.types)
        kept = shown.get(name, {})
        for row in self.fields.get(name, ()):
            if row.name in kept:
                yield row.type_name
                yield from (a.type_name for a in row.arguments if a.name not in kept[row.name])

    def is_changed(self, name: str, names: set[str], shown: Shown, enabled: frozenset[str]) -> bool:
        """Whether a view shows less of the type itself than the full schema does."""
        type_ = self.types[name]
        if any(interface not in names for interface in self.interfaces[name]):
            return True
        if name in self.fields:
            return len(shown[name]) != len(self.fields[name]) or any(shown[name].values())
        if isinstance(type_, GraphQLUnionType):
            return any(member.name not in names for member in type_.types)
        if isinstance(type_, GraphQLEnumType):
            return not all(owners_of(value) <= enabled for value in type_.values.values())
        return False


def _rows(type_: GraphQLNamedType) -> Iterator[FieldRow]:
    if isinstance(type_, GraphQLInputObjectType):
        for name, value in type_.fields.items():
            yield FieldRow(
                name,
                value,
                get_named_type(value.type).name,
                owners_of(value),
                (),
                is_required_input_field(value),
            )
    elif isinstance(type_, (GraphQLObjectType, GraphQLInterfaceType)):
        for name, field in type_.fields.items():
            arguments = tuple(
                ArgumentRow(key, get_named_type(a.type).name, owners_of(a), is_required_argument(a))
                for key, a in field.args.items()
            )
            yield FieldRow(name, field, get_named_type(field.type).name, owners_of(field), arguments, False)


def _all_tokens(plan: VisibilityPlan) -> Iterator[str]:
    for owners in plan.owners.values():
        yield from owners
    for rows in plan.fields.values():
        for row in rows:
            yield from row.owners
            for argument in row.arguments:
                yield from argument.owners
    for type_ in plan.types.values():
        if isinstance(type_, GraphQLEnumType):
            for value in type_.values.values():
                yield from owners_of(value)


def _guard(type_: GraphQLUnionType | GraphQLInterfaceType) -> None:
    resolve = type_.resolve_type
    if resolve is not None and getattr(resolve, "func", None) is not _resolve_visible:
        type_.resolve_type = partial(_resolve_visible, resolve, type_)


def _resolve_visible(resolve: Any, full_type: Any, value: Any, info: Any, _view_type: Any) -> Any:
    """Strawberry compares with the full schema's own type, so it is asked with that one."""
    name = resolve(value, info, full_type)
    if isawaitable(name):
        return _await_visible(name, info)
    return _refuse_hidden(name, info)


async def _await_visible(name: Any, info: Any) -> Any:
    return _refuse_hidden(await name, info)


def _refuse_hidden(name: Any, info: Any) -> Any:
    if isinstance(name, str) and name not in info.schema.type_map:
        raise GraphQLError("This object is not available.")
    return name
