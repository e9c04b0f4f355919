"""Valid documents made from a schema: the way from a root to any type, and arguments of any type."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

from server.composition.stamp import composed_types

Composite = GraphQLObjectType | GraphQLInterfaceType

NO_ID = "Tm90aGluZzow"  # Nothing:0
_LEAVES = {
    "Int": "1",
    "Float": "1.5",
    "Boolean": "true",
    "String": '"x"',
    "ID": f'"{NO_ID}"',
    "DateTime": '"2026-01-01T00:00:00Z"',
    "Date": '"2026-01-01"',
    "Decimal": '"1.00"',
    "JSON": "{}",
}


def literal(type_: Any) -> str:
    """A value of an input type, with what it requires and nothing else."""
    if isinstance(type_, GraphQLNonNull):
        return literal(type_.of_type)
    if isinstance(type_, GraphQLList):
        return f"[{literal(type_.of_type)}]"
    if isinstance(type_, GraphQLEnumType):
        return str(next(iter(type_.values)))
    if isinstance(type_, GraphQLInputObjectType):
        fields = (f"{n}: {literal(f.type)}" for n, f in type_.fields.items() if is_required_input_field(f))
        return "{" + ", ".join(fields) + "}"
    return _LEAVES[type_.name]


def call(name: str, field: GraphQLField | Any, given: dict[str, str] | None = None) -> str:
    """`name(arguments)` with what the field requires; `given` are literals to use instead or in addition."""
    values = {n: literal(a.type) for n, a in field.args.items() if is_required_argument(a)} | (given or {})
    arguments = ", ".join(f"{n}: {value}" for n, value in values.items())
    return f"{name}({arguments})" if arguments else name


def leaves(schema: GraphQLSchema, type_: Any, depth: int = 2) -> str:
    """A selection of every leaf of a type, of its members and, `depth` deep, of what it leads to."""
    named = get_named_type(type_)
    if is_leaf_type(named):
        return ""
    parts = ["__typename"]
    if isinstance(named, GraphQLUnionType):
        parts += [f"... on {member.name} {leaves(schema, member, depth)}" for member in named.types]
        return "{ " + " ".join(parts) + " }"
    for name, field in named.fields.items():
        if any(is_required_argument(argument) for argument in field.args.values()):
            continue
        if is_leaf_type(get_named_type(field.type)):
            parts.append(name)
        elif depth > 0 and not isinstance(get_named_type(field.type), GraphQLUnionType):
            parts.append(f"{name} {leaves(schema, field.type, depth - 1)}")
    return "{ " + " ".join(parts) + " }"


class Element(NamedTuple):
    """Something of the schema that has an owner: `kind`, its name, and the element it stands in."""

    kind: str
    name: str
    parent: Any
    definition: Any


def elements(schema: GraphQLSchema) -> Iterator[Element]:
    """Every type, field, argument, input field and enum value, however it can be named by a client."""
    for type_ in composed_types(schema):
        yield Element("type", type_.name, None, type_)
        if isinstance(type_, GraphQLEnumType):
            for name, value in type_.values.items():
                yield Element("enum value", name, type_, value)
        elif isinstance(type_, GraphQLInputObjectType):
            for name, input_field in type_.fields.items():
                yield Element("input field", name, type_, input_field)
        elif isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in type_.fields.items():
                yield Element("field", name, type_, field)
                for argument_name, argument in field.args.items():
                    yield Element("argument", argument_name, (type_, name, field), argument)


class Ways:
    """The shortest way from a root to each object and interface type, as text around a selection."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._found: dict[str, tuple[str, str]] = {}
        roots = [("query", schema.query_type), ("mutation", schema.mutation_type)]
        queue: deque[tuple[Any, str, str]] = deque()
        for word, root in roots:
            if root is not None:
                queue.append((root, word + " {", "}"))
        while queue:
            type_, before, after = queue.popleft()
            if type_.name in self._found:
                continue
            self._found[type_.name] = before, after
            members: Collection[Any] = ()
            if isinstance(type_, GraphQLUnionType):
                members = type_.types
            elif isinstance(type_, GraphQLInterfaceType):
                members = schema.get_possible_types(type_)
            queue += [(m, f"{before} ... on {m.name} {{", "}" + after) for m in members]
            for name, field in getattr(type_, "fields", {}).items():
                named = get_named_type(field.type)
                if not is_leaf_type(named):
                    queue.append((named, f"{before} {call(name, field)} {{", "}" + after))

    def to(self, type_name: str, selection: str) -> str:
        """A document that selects this of the type; raises `KeyError` for one that no root leads to."""
        before, after = self._found[type_name]
        return f"{before} {selection} {after}"


def arguments_of_type(field: GraphQLField, name: str) -> list[tuple[str, str | None]]:
    """(argument, input field or None) for each place of the field that takes a value of the named type."""
    found: list[tuple[str, str | None]] = []
    for argument_name, argument in field.args.items():
        found += [(argument_name, inner) for inner in _places(argument, name)]
    return found


def _places(argument: GraphQLArgument, name: str) -> Iterator[str | None]:
    named = get_named_type(argument.type)
    if named.name == name:
        yield None
    elif isinstance(named, GraphQLInputObjectType):
        yield from (n for n, f in named.fields.items() if get_named_type(f.type).name == name)
