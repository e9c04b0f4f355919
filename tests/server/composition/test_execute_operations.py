"""Run operations on a view: the same answers as Strawberry itself gives."""

from random import Random
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
    parse,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from strawberry.relay import GlobalID

from server.auth.audience import Audience
from server.composition import SchemaView, ViewCache
from tests.server.composition.asking import ask
from tests.server.composition.sample_modules import CODES, compose
from tests.server.composition.sample_modules.people import person
from tests.server.composition.sample_modules.places import Shop

FULL = compose()
VIEWS = ViewCache(FULL, compile_at_use=1)
CONTEXT = {"found": [Shop(id=1, name="s"), person(2)], "newest": person(1)}
IDS = [str(GlobalID(name, "1")) for name in ("Shop", "Person", "Nope")] + ["", "broken"]


class QueryMaker:
    """Random operations that are valid on a schema, with aliases, fragments, directives and bad ids."""

    def __init__(self, schema: GraphQLSchema, seed: int) -> None:
        self.schema = schema
        self.random = Random(seed)
        self.aliases = 0

    def operation(self) -> str:
        mutation = self.schema.mutation_type
        if mutation is not None and self.random.random() < 0.25:
            return "mutation " + self.selection(mutation, 4)
        return "query " + self.selection(self.schema.query_type, 4)

    def selection(self, type_: Any, depth: int) -> str:
        parts = ["__typename"]
        if is_abstract_type(type_):
            for possible in self.random.sample(list(self.schema.get_possible_types(type_)), 1):
                parts.append(f"... on {possible.name} {self.selection(possible, depth - 1)}")
        fields = list(getattr(type_, "fields", {}).items())
        for name, field in self.random.sample(fields, min(3, len(fields))):
            parts.extend(self.field(name, field, depth))
        return "{ " + " ".join(parts) + " }"

    def field(self, name: str, field: Any, depth: int) -> list[str]:
        named = get_named_type(field.type)
        if is_composite_type(named) and depth <= 0:
            return []
        self.aliases += 1
        wanted = [
            f"{key}: {self.value(argument.type)}"
            for key, argument in field.args.items()
            if is_required_argument(argument) or self.random.random() < 0.4
        ]
        arguments = f"({', '.join(wanted)})" if wanted else ""
        directive = self.random.choice(["", "", "", " @include(if: true)", " @skip(if: true)"])
        nested = "" if is_leaf_type(named) else " " + self.selection(named, depth - 1)
        return [f"a{self.aliases}: {name}{arguments}{directive}{nested}"]

    def value(self, type_: Any) -> str:
        if isinstance(type_, GraphQLNonNull):
            return self.value(type_.of_type)
        if isinstance(type_, GraphQLList):
            return f"[{self.value(type_.of_type)}]"
        if isinstance(type_, GraphQLEnumType):
            names: list[str] = list(type_.values)
            return self.random.choice(names)
        if isinstance(type_, GraphQLInputObjectType):
            fields = [
                f"{key}: {self.value(field.type)}"
                for key, field in type_.fields.items()
                if is_required_input_field(field) or self.random.random() < 0.5
            ]
            return "{" + ", ".join(fields) + "}"
        values = {
            "Int": ["1", "2"],
            "Boolean": ["true", "false"],
            "String": ['""', '"word"'],
            "ID": [f'"{value}"' for value in IDS],
        }
        return self.random.choice(values[str(type_)])


def told(errors: Any) -> list[tuple[str, Any]]:
    return sorted((error.message, tuple(error.path or ())) for error in errors or ())


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9), st.frozensets(st.sampled_from(CODES)), st.sampled_from(list(Audience)))
async def test_answers_as_strawberry_does(seed: int, modules: frozenset[str], audience: Audience) -> None:
    view = VIEWS.get(modules, audience)
    text = QueryMaker(view.graphql_schema, seed).operation()
    document = parse(text)
    assert view.validate(document) == [], text

    ours = await view.execute_document(document, context=CONTEXT)
    theirs = await view.execute(text, context_value=CONTEXT)
    full = await FULL.execute(text, context_value=CONTEXT)

    assert ours.data == theirs.data
    assert told(ours.errors) == told(theirs.errors)
    if not ours.errors:
        assert ours.data == full.data


async def test_passes_variables_the_context_and_the_operation_s_name() -> None:
    view = VIEWS.get(frozenset({"places"}))
    document = parse("query A { shopOrder } query B($term: String!) { search(term: $term) { __typename } }")

    result = await view.execute_document(
        document, context={"found": []}, variables={"term": "x"}, operation_name="B"
    )
    unnamed = await view.execute_document(document, context=None)

    assert (result.data, result.errors) == ({"search": []}, None)
    assert [error.message for error in unnamed.errors or ()] == [
        "Must provide operation name if query contains multiple operations."
    ]


async def test_gives_resolvers_the_view_as_their_schema() -> None:
    seen: list[Any] = []

    def wrapper(type_name: str, name: str, field: Any, resolve: Any) -> Any:
        def resolver(root: Any, info: Any, **arguments: Any) -> Any:
            seen.append(info.schema._strawberry_schema)
            return resolve(root, info, **arguments)

        return resolver

    view = ViewCache(compose(lambda schema: schema.wrap_root_fields(wrapper))).get(frozenset({"places"}))
    assert (await ask(view, "{ shops { total } }"))[1] == []

    assert seen == [view]
    assert isinstance(seen[0], SchemaView)
