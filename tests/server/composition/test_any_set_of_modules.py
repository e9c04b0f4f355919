"""Enable any set of modules, even one whose requirements are missing: the view is a sound schema."""

from hypothesis import given, settings
from hypothesis import strategies as st

from server.auth.audience import Audience
from server.composition import ViewCache
from server.composition.pruned import ViewGraphQLSchema
from tests.server.composition.sample_modules import CODES, compose
from tests.server.composition.soundness import assert_closed, assert_sound

FULL = compose()
VIEWS = ViewCache(FULL, max_size=8)


@settings(max_examples=60, deadline=None)
@given(st.frozensets(st.sampled_from(CODES)), st.sampled_from([None, *Audience]))
def test_is_valid_and_leaks_nothing(modules: frozenset[str], audience: Audience | None) -> None:
    view = VIEWS.get(modules, audience)
    schema = view.graphql_schema
    assert isinstance(schema, ViewGraphQLSchema)

    assert_sound(schema)
    assert_closed(schema)


@settings(max_examples=30, deadline=None)
@given(st.frozensets(st.sampled_from(CODES)), st.frozensets(st.sampled_from(CODES)))
def test_shows_more_the_more_is_on(some: frozenset[str], others: frozenset[str]) -> None:
    less, more = VIEWS.get(some), VIEWS.get(some | others)

    for name, type_ in less.graphql_schema.type_map.items():
        larger = more.graphql_schema.type_map[name]
        for attribute in ("fields", "values"):
            assert set(getattr(type_, attribute, ())) <= set(getattr(larger, attribute, ()))


def test_has_every_attribute_of_an_ordinary_schema() -> None:
    """A view fills the attributes of GraphQLSchema itself; a new version of graphql-core may add one."""
    full, view = FULL.graphql_schema, VIEWS.get(frozenset({"places"})).graphql_schema

    assert set(vars(full)) - set(vars(view)) == set()


def test_copies_every_attribute_of_the_types_it_replaces() -> None:
    full, view = FULL.graphql_schema, VIEWS.get(frozenset({"places"})).graphql_schema
    made_on_demand = {"fields", "interfaces", "types", "values", "_value_lookup"}

    replaced = [name for name, type_ in view.type_map.items() if type_ is not full.type_map[name]]
    assert {"Query", "Shop", "Tracked", "SearchResult", "ShopFilter", "ShopOrder"} <= set(replaced)
    for name in replaced:
        before, after = vars(full.type_map[name]), vars(view.type_map[name])
        assert set(before) - set(after) <= made_on_demand, name
        for attribute in ("description", "extensions", "is_type_of", "resolve_type", "out_type", "is_one_of"):
            assert before.get(attribute) is after.get(attribute), (name, attribute)


def test_shares_what_did_not_change() -> None:
    full, view = FULL.graphql_schema, VIEWS.get(frozenset({"places"})).graphql_schema

    for name in ("String", "Refused", "Error"):
        assert view.type_map[name] is full.type_map[name]


def test_makes_fields_when_they_are_asked_for() -> None:
    shop = ViewCache(FULL).get(frozenset({"places"})).graphql_schema.type_map["Shop"]

    assert "fields" not in vars(shop)
    assert list(getattr(shop, "fields")) == ["id", "createdBy", "name"]  # noqa: B009
    assert "fields" in vars(shop)
