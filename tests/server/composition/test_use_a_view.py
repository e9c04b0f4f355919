"""Use the API of a platform with some modules off: what is off does not exist."""

from typing import Any

import pytest
from graphql import parse
from strawberry.relay import GlobalID

from server.auth.audience import Audience
from server.composition import SchemaView, ViewCache
from tests.server.composition.asking import ask
from tests.server.composition.sample_modules.console import Incident
from tests.server.composition.sample_modules.people import person
from tests.server.composition.sample_modules.places import Shop

PLACES = frozenset({"places"})
PEOPLE = PLACES | {"people"}
PLANS = PEOPLE | {"plans"}


@pytest.fixture
def places(views: ViewCache) -> SchemaView:
    return views.get(PLACES)


@pytest.fixture
def plans(views: ViewCache) -> SchemaView:
    return views.get(PLANS, Audience.MERCHANT)


HIDDEN = [
    ("{ shops { items { people { edges { cursor } } } } }", "people",
     "Cannot query field 'people' on type 'Shop'."),
    ('{ shopNumbers(shopId: "1") { revenue } }', "revenue",
     "Cannot query field 'revenue' on type 'ShopNumbers'."),
    ('{ search(term: "x") { ... on Person { email } } }', "Person", "Unknown type 'Person'."),
    ("query ($input: ChangePlanInput) { shopOrder }", "ChangePlanInput", "Unknown type 'ChangePlanInput'."),
    ('mutation { changePlan(input: {shop: "x"}) { __typename } }', "changePlan",
     "Cannot query field 'changePlan' on type 'Mutation'."),
    ("subscription { personArrived { email } }", "personArrived",
     "The subscription operation is not supported by the schema."),
    ("{ shops(withPeople: true) { total } }", "withPeople",
     "Unknown argument 'withPeople' on field 'Query.shops'."),
    ("{ shops(filter: {hasPeople: true}) { total } }", "hasPeople",
     ("Expected value of type 'ShopFilter' not to include unknown field 'hasPeople', "
      "found: { hasPeople: true }.")),
    ("{ shops(order: PEOPLE) { total } }", "PEOPLE", "Value 'PEOPLE' does not exist in 'ShopOrder' enum."),
    ("{ newest { seenBy { email } } }", "seenBy", "Cannot query field 'seenBy' on type 'Tracked'."),
]  # fmt: skip


def unsuggested(errors: list[str]) -> list[str]:
    return [error.split(" Did you mean")[0] for error in errors]


@pytest.mark.parametrize(("text", "hidden", "message"), HIDDEN)
async def test_refuses_what_is_off_and_names_nothing_else(
    places: SchemaView, text: str, hidden: str, message: str
) -> None:
    _, errors = await ask(places, text)

    assert message in unsuggested(errors)
    for name in ("people", "Person", "plan", "Plan", "revenue", "totalPeople"):
        assert name in text or name not in " ".join(errors)


@pytest.mark.parametrize(("text", "hidden", "message"), HIDDEN)
async def test_refuses_an_invented_name_in_the_same_words(
    places: SchemaView, text: str, hidden: str, message: str
) -> None:
    invented = "zz" + "q" * len(hidden)

    _, errors = await ask(places, text)
    _, others = await ask(places, text.replace(hidden, invented))

    assert unsuggested(others) == [error.replace(hidden, invented) for error in unsuggested(errors)]


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (
            {"order": "PEOPLE"},
            "Variable '$order' has invalid value: Value 'PEOPLE' does not exist in 'ShopOrder' enum.",
        ),
        (
            {"filter": {"hasPeople": True}},
            (
                "Variable '$filter' has invalid value: Expected value of type 'ShopFilter' not to include "
                "unknown field 'hasPeople', found: {'hasPeople': True}."
            ),
        ),
    ],
)
async def test_refuses_hidden_values_in_variables(
    places: SchemaView, variables: dict[str, Any], message: str
) -> None:
    text = """query ($order: ShopOrder! = NAME, $filter: ShopFilter) {
        shops(order: $order, filter: $filter) { total } }"""

    assert await ask(places, text, **variables) == (None, [message])
    assert (await ask(places, text)) == ({"shops": {"total": 2}}, [])


async def test_suggests_only_what_is_visible(views: ViewCache, places: SchemaView) -> None:
    text = "{ shops { items { peopl { __typename } nam } } }"

    _, off = await ask(places, text)
    _, on = await ask(views.get(PEOPLE), text)

    assert off == [
        "Cannot query field 'peopl' on type 'Shop'.",
        "Cannot query field 'nam' on type 'Shop'. Did you mean 'name'?",
    ]
    assert on[0] == "Cannot query field 'peopl' on type 'Shop'. Did you mean 'people'?"


async def test_hides_suggestions_when_asked(places: SchemaView) -> None:
    (error,) = places.validate(parse("{ shps { total } }"), hide_suggestions=True)

    assert error.message == "Cannot query field 'shps' on type 'Query'."


async def test_answers_what_is_on(plans: SchemaView) -> None:
    text = """{ shops { total items { name subscription(code: PAID) { plan payer { email } }
                people(first: 1) { edges { node { email balance } } } seenBy { email } } } }"""

    data, errors = await ask(plans, text)

    assert errors == []
    assert data["shops"]["items"][0] == {
        "name": "shop 1",
        "subscription": {"plan": "PAID", "payer": None},
        "people": {"edges": [{"node": {"email": "p1@example.test", "balance": 5}}]},
        "seenBy": {"email": "p7@example.test"},
    }


async def test_changes_things_through_inputs(plans: SchemaView) -> None:
    text = """mutation ($input: ChangePlanInput!) {
        changePlan(input: $input) { __typename ... on ChangePlanPayload { subscription { plan } } } }"""

    data, errors = await ask(plans, text, input={"shop": str(GlobalID("Shop", "1")), "plan": "PAID"})

    assert errors == []
    assert data == {"changePlan": {"__typename": "ChangePlanPayload", "subscription": {"plan": "PAID"}}}


async def test_finds_nodes_of_visible_types_only(places: SchemaView) -> None:
    text = "query ($id: ID!) { node(id: $id) { __typename id } }"
    shop, hidden, invented = (str(GlobalID(name, "5")) for name in ("Shop", "Person", "Nope"))

    assert await ask(places, text, id=shop) == ({"node": {"__typename": "Shop", "id": shop}}, [])
    refused = "Cannot resolve. GlobalID requires a GraphQL type, received `{}`."
    assert await ask(places, text, id=hidden) == ({"node": None}, [refused.format("Person")])
    assert await ask(places, text, id=invented) == ({"node": None}, [refused.format("Nope")])


async def test_finds_hidden_types_when_they_are_on(views: ViewCache) -> None:
    text = "query ($id: ID!) { node(id: $id) { __typename ... on Person { email } } }"

    data, errors = await ask(views.get(PEOPLE), text, id=str(GlobalID("Person", "5")))

    assert (data, errors) == ({"node": {"__typename": "Person", "email": "p5@example.test"}}, [])


async def test_searches_over_visible_members(places: SchemaView, plans: SchemaView) -> None:
    text = '{ search(term: "x") { __typename } }'
    found = {"found": [Shop(id=1, name="s"), person(1)]}

    assert await ask(places, text, {"found": found["found"][:1]}) == (
        {"search": [{"__typename": "Shop"}]},
        [],
    )
    assert await ask(plans, text, found) == (
        {"search": [{"__typename": "Shop"}, {"__typename": "Person"}]}, [],
    )  # fmt: skip
    assert await ask(places, text, found) == (None, ["This object is not available."])


async def test_does_not_name_a_hidden_object_behind_an_interface(places: SchemaView) -> None:
    text = "{ newest { __typename createdBy } }"

    assert await ask(places, text, {"newest": Shop(id=1, name="s")}) == (
        {"newest": {"__typename": "Shop", "createdBy": "root"}}, [],
    )  # fmt: skip
    assert await ask(places, text, {"newest": person(1)}) == (
        {"newest": None},
        ["This object is not available."],
    )
    assert await ask(places, text, {"newest": Incident(title="x")}) == (
        {"newest": None}, ["This object is not available."],
    )  # fmt: skip


async def test_does_not_name_a_hidden_enum_value(views: ViewCache, places: SchemaView) -> None:
    assert await ask(places, "{ shopOrder }") == (None, ["This value is not available."])
    assert await ask(views.get(PEOPLE), "{ shopOrder }") == ({"shopOrder": "PEOPLE"}, [])


async def test_uses_a_hidden_argument_s_default(places: SchemaView) -> None:
    assert await ask(places, "{ shops { total } }") == ({"shops": {"total": 2}}, [])


async def test_introspects_only_what_is_on(places: SchemaView) -> None:
    text = """{ person: __type(name: "Person") { name }
        node: __type(name: "Node") { possibleTypes { name } }
        found: __type(name: "SearchResult") { possibleTypes { name } }
        order: __type(name: "ShopOrder") { enumValues { name } }
        filter: __type(name: "ShopFilter") { inputFields { name } } }"""

    data, errors = await ask(places, text)

    assert errors == []
    assert data == {
        "person": None,
        "node": {"possibleTypes": [{"name": "Shop"}]},
        "found": {"possibleTypes": [{"name": "Shop"}]},
        "order": {"enumValues": [{"name": "NAME"}, {"name": "OPERATIONS"}]},
        "filter": {"inputFields": [{"name": "name"}]},
    }


async def test_follows_events_of_modules_that_are_on(views: ViewCache, places: SchemaView) -> None:
    document = parse("subscription { personArrived { email shop { name } } }")

    started: Any = await views.get(PEOPLE).subscribe_document(document, context=None)
    assert [result.data async for result in started] == [
        {"personArrived": {"email": "p1@example.test", "shop": {"name": "shop 1"}}},
        {"personArrived": {"email": "p2@example.test", "shop": {"name": "shop 1"}}},
    ]
    refused: Any = await places.subscribe_document(document, context=None)
    assert [error.message for error in refused.errors] == [
        "Schema is not configured to execute subscription operation."
    ]


async def test_shows_a_contribution_to_its_audience_only(views: ViewCache) -> None:
    modules = PLANS | {"console"}
    shops = "{ shops { items { cost } } }"
    change = "mutation ($i: ChangePlanInput!) { changePlan(input: $i) { __typename } }"

    async def refusals(audience: Audience | None) -> list[bool]:
        view = views.get(modules, audience)
        texts = [shops, change, "{ incidents { total } }", "{ isWell }", "{ __typename }"]
        return [bool(view.validate(parse(text))) for text in texts]

    assert await refusals(Audience.OPERATOR) == [False, False, False, False, False]
    assert await refusals(Audience.ADMIN) == [True, False, False, False, False]
    assert await refusals(Audience.MERCHANT) == [True, False, True, False, False]
    assert await refusals(Audience.STORE) == [True, True, True, False, False]
    assert await refusals(None) == [True, True, True, False, False]


def test_shows_enum_values_and_types_to_their_audience_only(views: ViewCache) -> None:
    modules = PLANS | {"console"}
    admin, merchant = views.get(modules, Audience.ADMIN), views.get(modules, Audience.MERCHANT)

    assert "INTERNAL" in admin.sdl()
    assert "INTERNAL" not in merchant.sdl()
    assert "Incident" in admin.sdl()
    assert "Incident" not in merchant.sdl()


def test_drops_a_field_whose_optional_type_is_off(views: ViewCache) -> None:
    alone, together = views.get(frozenset({"notes"})), views.get(PEOPLE | {"notes"})

    assert "author:" not in alone.sdl()
    assert together.sdl().count("author: Person") == 3
