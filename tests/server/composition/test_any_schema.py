"""Prune schemas made at random, with owners at random, to tokens at random: the result is a sound schema."""

from random import Random
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    GraphQLUnionType,
    build_schema,
    print_schema,
    validate_schema,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from server.composition.ownership import OWNERS
from server.composition.plan import VisibilityPlan
from server.composition.pruned import ViewGraphQLSchema
from tests.server.composition.soundness import assert_closed, assert_sound

TOKENS = ("a", "b", "c", "@ADMIN|OPERATOR")


class SchemaMaker:
    """A valid schema of about thirty types that refer to each other in every way."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.enums = [self.enum(f"Enum{n}") for n in range(3)]
        self.inputs: list[Any] = []
        self.inputs.extend(self.input(f"Input{n}") for n in range(5))
        self.interfaces = [self.interface(f"Interface{n}") for n in range(4)]
        self.objects = [self.object(f"Object{n}") for n in range(14)]
        self.unions = [
            GraphQLUnionType(f"Union{n}", self.random.sample(self.objects, 3), extensions=self.owners())
            for n in range(3)
        ]

    def owners(self) -> dict[str, Any]:
        count = self.random.choice([0, 0, 0, 1, 1, 2])
        return {OWNERS: frozenset(self.random.sample(TOKENS, count))}

    def wrapped(self, type_: Any) -> Any:
        shapes = [type_, GraphQLNonNull(type_), GraphQLList(type_), GraphQLNonNull(GraphQLList(type_))]
        return self.random.choice(shapes)

    def enum(self, name: str) -> GraphQLEnumType:
        values = {f"{name.upper()}_{n}": GraphQLEnumValue(n, extensions=self.owners()) for n in range(3)}
        return GraphQLEnumType(name, values, extensions=self.owners())

    def input(self, name: str) -> GraphQLInputObjectType:
        def fields() -> dict[str, GraphQLInputField]:
            leaves = [GraphQLInt, GraphQLNonNull(GraphQLInt), self.random.choice(self.enums)]
            types = [*leaves, self.random.choice(self.inputs), GraphQLList(self.random.choice(self.inputs))]
            return {
                f"field{n}": GraphQLInputField(type_, extensions=self.owners())
                for n, type_ in enumerate(self.random.sample(types, 3))
            }

        return GraphQLInputObjectType(name, fields, extensions=self.owners())

    def field(self, type_: Any) -> GraphQLField:
        inputs = [GraphQLInt, self.random.choice(self.enums), self.random.choice(self.inputs)]
        arguments = {
            f"arg{n}": GraphQLArgument(self.wrapped(self.random.choice(inputs)), extensions=self.owners())
            for n in range(self.random.choice([0, 0, 1, 2]))
        }
        return GraphQLField(self.wrapped(type_), arguments, extensions=self.owners())

    def fields(self, prefix: str) -> dict[str, GraphQLField]:
        outputs = [GraphQLString, *self.enums, *self.interfaces, *self.objects, *self.unions]
        return {f"{prefix}{n}": self.field(self.random.choice(outputs)) for n in range(3)}

    def interface(self, name: str) -> GraphQLInterfaceType:
        return GraphQLInterfaceType(
            name,
            lambda: self.fields(f"{name[0].lower()}{name[-1]}x"),
            resolve_type=lambda *_: None,
            extensions=self.owners(),
        )

    def object(self, name: str) -> GraphQLObjectType:
        interfaces = self.random.sample(self.interfaces, self.random.choice([0, 1, 1, 2]))

        def fields() -> dict[str, GraphQLField]:
            inherited = {
                key: self.inherited(field)
                for interface in interfaces
                for key, field in interface.fields.items()
            }
            return {**inherited, **self.fields("own")}

        return GraphQLObjectType(name, fields, interfaces, extensions=self.owners())

    def inherited(self, field: GraphQLField) -> GraphQLField:
        """An object's own version of an interface's field; sometimes another module's."""
        owners = field.extensions if self.random.random() < 0.8 else self.owners()
        type_: Any = field.type if self.random.random() < 0.5 else _stricter(field.type)
        return GraphQLField(type_, dict(field.args), extensions=owners)

    def schema(self) -> GraphQLSchema:
        anchor = {"anchor": GraphQLField(GraphQLString)}
        return GraphQLSchema(
            query=GraphQLObjectType("Query", lambda: {**anchor, **self.fields("q"), **self.fields("r")}),
            mutation=GraphQLObjectType("Mutation", lambda: self.fields("m"), extensions=self.owners()),
            types=[*self.objects, *self.interfaces],
        )


def _stricter(type_: Any) -> Any:
    return type_ if isinstance(type_, GraphQLNonNull) else GraphQLNonNull(type_)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9), st.frozensets(st.sampled_from(TOKENS)))
def test_is_valid_and_leaks_nothing(seed: int, enabled: frozenset[str]) -> None:
    full = SchemaMaker(seed).schema()
    if validate_schema(full):
        return  # two interfaces of an object may disagree about a field of one name

    view = ViewGraphQLSchema(VisibilityPlan(full), enabled)

    assert_sound(view)
    assert_closed(view)


def test_makes_schemas_that_are_worth_pruning() -> None:
    schemas = [SchemaMaker(seed).schema() for seed in range(20)]

    assert [seed for seed, schema in enumerate(schemas) if validate_schema(schema)] == []
    assert min(len(schema.type_map) for schema in schemas) > 25


def pruned(full: GraphQLSchema, *enabled: str) -> str:
    return print_schema(ViewGraphQLSchema(VisibilityPlan(full), frozenset(enabled)))


def owned(sdl: str, **owners: str) -> GraphQLSchema:
    """`sdl` with owners: `Type="a"` for types, `Type__field="a"` for fields."""
    schema = build_schema(sdl)
    for path, token in owners.items():
        name, _, field = path.partition("__")
        element: Any = schema.type_map[name]
        element = element.fields[field] if field else element
        element.extensions = {OWNERS: frozenset({token})}
    return schema


def test_hides_an_input_with_its_required_field_and_the_field_that_requires_it() -> None:
    sdl = """type Query { kept: Int made(input: In!): Int listed(input: In): Int }
             input In { a: Int b: Int! }"""

    assert pruned(owned(sdl, In__b="x")) == "type Query {\n  kept: Int\n  listed: Int\n}"
    assert "b: Int!" in pruned(owned(sdl, In__b="x"), "x")


def test_hides_an_object_that_lost_a_field_of_its_interface() -> None:
    sdl = """type Query { kept: Int all: [Named] }
             interface Named { name: String }
             type Ship implements Named { name: String }
             type Port implements Named { name: String }"""

    text = pruned(owned(sdl, Ship__name="x"))

    assert "Ship" not in text
    assert "type Port implements Named" in text


def test_hides_what_depends_on_each_other_only() -> None:
    sdl = """type Query { kept: Int first: First }
             type First { second: Second }
             type Second { first: First third: Third }
             type Third { third: Int }"""

    assert "type First" in pruned(owned(sdl, Second__third="x"))
    assert pruned(owned(sdl, Query__first="x")) == "type Query {\n  kept: Int\n}"


def test_hides_a_type_with_its_last_content() -> None:
    sdl = """type Query { kept: Int any: Any some: Some color(of: Color): Color }
             union Any = Ship interface Some { a: Int } type Ship implements Some { a: Int }
             enum Color { RED }"""
    schema = owned(sdl, Ship="x")
    colors: Any = schema.type_map["Color"]
    colors.values["RED"].extensions = {OWNERS: frozenset({"x"})}

    assert pruned(schema) == "type Query {\n  kept: Int\n}"
