# mypy: disable-error-code="untyped-decorator"
"""Compose a schema from modules."""

from typing import Any

import pytest
import strawberry
from graphql import GraphQLObjectType, print_type
from strawberry.types.field import StrawberryField

from server.composition import KERNEL, ComposedModule, ComposedSchema, Composer, SchemaField, render_schema
from server.composition.schema import Resolve
from server.graphql.graph import ModuleGraph
from tests.server.composition.sample_modules import CODES, KERNEL_PART, PARTS, PLACES, compose
from tests.server.composition.sample_modules.base import PUBLIC, ShopNumbers


def fields_of(schema: ComposedSchema, name: str) -> list[str]:
    return list(getattr(schema.graphql_schema.type_map[name], "fields"))  # noqa: B009


def test_gathers_the_root_fields_of_every_module_in_order(full: ComposedSchema) -> None:
    assert fields_of(full, "Query") == [
        "node", "shopNumbers", "search", "newest", "shops", "shopOrder", "notes", "incidents", "isWell",
    ]  # fmt: skip
    assert fields_of(full, "Mutation") == ["renameShop", "changePlan"]
    assert fields_of(full, "Subscription") == ["personArrived"]


def test_adds_fields_to_types_of_other_modules(full: ComposedSchema) -> None:
    assert fields_of(full, "Shop") == [
        "id", "createdBy", "name", "people", "peoplePage", "seenBy", "subscription", "cost", "incidents",
    ]  # fmt: skip
    assert fields_of(full, "ShopNumbers") == ["shopId", "totalPeople", "revenue"]


def test_adds_fields_of_an_interface_to_all_that_implement_it(full: ComposedSchema) -> None:
    for name in ("Tracked", "Shop", "Person", "PlansSubscription", "Incident"):
        assert "seenBy" in fields_of(full, name)


def test_finds_optional_targets_by_name_and_names_those_it_skips(full: ComposedSchema) -> None:
    assert "balance" in fields_of(full, "Person")
    assert full.skipped == ("tests.server.composition.sample_modules.plans.RobotPlans",)


def test_leaves_the_classes_of_modules_untouched(full: ComposedSchema) -> None:
    alone = strawberry.Schema(
        strawberry.type(type("Query", (), {"__annotations__": {"numbers": ShopNumbers}}))
    )

    assert print_type(alone._schema.type_map["ShopNumbers"]).count(": ") == 1


def test_gives_the_same_schema_every_time() -> None:
    assert render_schema(compose().graphql_schema) == render_schema(compose().graphql_schema)


def test_composes_with_fewer_modules_from_the_same_classes() -> None:
    compose()
    smaller = Composer([KERNEL_PART, PLACES]).compose()

    assert fields_of(smaller, "Shop") == ["id", "createdBy", "name"]
    assert [member.name for member in smaller.graphql_schema.type_map["SearchResult"].types] == ["Shop"]  # type: ignore[attr-defined]


def test_answers_which_modules_a_field_needs(full: ComposedSchema) -> None:
    fields = set(full.schema_fields())

    assert SchemaField("Query", "node", frozenset()) in fields
    assert SchemaField("Shop", "name", frozenset({"places"})) in fields
    assert SchemaField("Shop", "people", frozenset({"places", "people"})) in fields
    assert full.modules == frozenset(CODES)
    assert full.closure("plans") == {"plans", "people", "places"}


def test_finds_contributed_fields_by_name(full: ComposedSchema) -> None:
    found = full.get_field_for_type("people", "Shop")

    assert found is not None
    assert found.python_name == "people"
    assert full.get_field_for_type("peple", "Shop") is None
    assert full.get_field_for_type("people", "Shp") is None


async def test_lets_finish_hooks_wrap_every_resolver_once() -> None:
    wrapped: list[str] = []
    called: list[str] = []

    def wrapper(type_name: str, name: str, field: StrawberryField, resolve: Resolve) -> Resolve:
        wrapped.append(f"{type_name}.{name}")

        def resolver(root: Any, info: Any, **arguments: Any) -> Any:
            called.append(f"{type_name}.{name}({field.python_name})")
            return resolve(root, info, **arguments)

        return resolver

    schema = compose(lambda schema: schema.wrap_fields(wrapper))
    result = await schema.execute('{ shopNumbers(shopId: "1") { totalPeople } }')

    assert result.data == {"shopNumbers": {"totalPeople": 3}}
    assert called == ["Query.shopNumbers(shop_numbers)", "ShopNumbers.totalPeople(total_people)"]
    objects = [
        type_
        for name, type_ in schema.graphql_schema.type_map.items()
        if isinstance(type_, GraphQLObjectType) and not name.startswith("__")
    ]
    assert sorted(wrapped) == sorted(f"{type_.name}.{name}" for type_ in objects for name in type_.fields)


async def test_lets_finish_hooks_wrap_root_fields_and_the_source_of_subscriptions() -> None:
    seen: list[str] = []

    def wrapper(type_name: str, name: str, field: StrawberryField, resolve: Resolve) -> Resolve:
        def resolver(root: Any, info: Any, **arguments: Any) -> Any:
            seen.append(f"{type_name}.{name}")
            return resolve(root, info, **arguments)

        return resolver

    schema = compose(lambda schema: schema.wrap_root_fields(wrapper))
    results = [result async for result in await schema.subscribe("subscription { personArrived { email } }")]

    assert [result.data for result in results] == [
        {"personArrived": {"email": "p1@example.test"}},
        {"personArrived": {"email": "p2@example.test"}},
    ]
    assert seen == ["Subscription.personArrived"]


def generated_part(base: ComposedModule) -> ComposedModule:
    """`base` with a type and a field made while the program runs, as the kernel does for declared metrics."""
    graph = base.graph.copy()
    numbers: Any = strawberry.type(
        type("PlacesNumbers", (), {"__annotations__": {"shops": int}, "__module__": __name__}),
        description="What the module counts.",
    )
    numbers.__strawberry_definition__.fields[0].description = "How many shops."
    graph.own(numbers)

    def resolve() -> Any:
        return numbers(shops=2)

    resolve.__annotations__["return"] = numbers
    field = strawberry.field(resolve, description="The module's numbers.")
    graph.extend(ShopNumbers)(type("Generated", (), {"places": field, "__module__": __name__}))
    return ComposedModule(base.code, base.package, graph)


async def test_accepts_types_made_at_run_time_in_the_name_of_a_module() -> None:
    schema = Composer([KERNEL_PART, generated_part(PLACES)]).compose()

    result = await schema.execute('{ shopNumbers(shopId: "1") { places { shops } } }')
    assert result.data == {"shopNumbers": {"places": {"shops": 2}}}
    assert SchemaField("ShopNumbers", "places", frozenset({"places"})) in set(schema.schema_fields())
    assert SchemaField("PlacesNumbers", "shops", frozenset({"places"})) in set(schema.schema_fields())
    assert len(PLACES.graph.contributions) == 2


def test_takes_kernel_contributions_from_several_graphs() -> None:
    graph = ModuleGraph(KERNEL, __name__)

    @graph.query
    class MoreQuery:
        @strawberry.field(description="The time.", metadata=PUBLIC)
        def now(self) -> str:
            return "noon"

    schema = Composer([*PARTS, ComposedModule(KERNEL, __name__, graph)]).compose()

    assert SchemaField("Query", "now", frozenset()) in set(schema.schema_fields())


def test_refuses_an_audience_of_nobody() -> None:
    with pytest.raises(ValueError, match="names nobody"):
        ModuleGraph("x", __name__).query(audience=())
