"""Know the owner of every element of the schema."""

from typing import Any

import pytest

from server.auth.audience import ADMINS, EVERYONE, Audience
from server.composition import ComposedSchema
from server.composition.ownership import admits, audience_token, modules_of, owners_of

ADMIN_TOKEN = "@ADMIN|OPERATOR"


def element(schema: ComposedSchema, path: str) -> Any:
    """`Type`, `Type.field`, `Type.field.argument` or `Enum.VALUE`."""
    name, *rest = path.split(".")
    found: Any = schema.graphql_schema.type_map[name]
    for part in rest:
        for attribute in ("fields", "args", "values"):
            if part in (getattr(found, attribute, None) or {}):
                found = getattr(found, attribute)[part]
                break
        else:
            raise AssertionError(f"{path} is not in the schema")
    return found


@pytest.mark.parametrize(
    ("path", "tokens"),
    [
        ("Query", set()),
        ("Query.node", set()),
        ("Query.shops", {"places"}),
        ("ShopNumbers", set()),
        ("ShopNumbers.revenue", {"plans"}),
        ("Shop", {"places"}),
        ("Shop.name", {"places"}),
        ("Shop.createdBy", set()),
        ("Shop.people", {"people"}),
        ("Tracked.seenBy", {"people"}),
        ("Incident.seenBy", {"people"}),
        ("Person.balance", {"plans"}),
        ("PersonConnection", {"people"}),
        ("PersonEdge", {"people"}),
        ("ShopPage", {"places"}),
        ("PlanCode", {"plans"}),
        ("PlanCode.FREE", set()),
        ("PlanCode.INTERNAL", {"plans", ADMIN_TOKEN}),
        ("ShopOrder.PEOPLE", {"people"}),
        ("ShopFilter.hasPeople", {"people"}),
        ("Query.shops.withPeople", {"people"}),
        ("Query.shops.ranked", {"people"}),
        ("Query.shops.order", set()),
        ("Shop.cost", {"plans", "@OPERATOR"}),
        ("Mutation.changePlan", {"plans", "@ADMIN|MERCHANT|OPERATOR"}),
        ("Incident", {"console", ADMIN_TOKEN}),
        ("IncidentPage", {"console", ADMIN_TOKEN}),
        ("Query.incidents", {"console", ADMIN_TOKEN}),
        ("Query.isWell", {"console"}),
    ],
)
def test_is_stamped_on_everything(full: ComposedSchema, path: str, tokens: set[str]) -> None:
    assert owners_of(element(full, path)) == tokens


def test_leaves_audiences_out_of_the_modules(full: ComposedSchema) -> None:
    assert modules_of(element(full, "Shop.cost")) == {"plans"}


def test_turns_an_audience_into_a_token() -> None:
    assert audience_token(ADMINS) == ADMIN_TOKEN
    assert audience_token(EVERYONE) is None
    assert admits(ADMIN_TOKEN, Audience.ADMIN)
    assert not admits(ADMIN_TOKEN, Audience.STORE)
    assert not admits(ADMIN_TOKEN, None)
    assert not admits("ADMIN", Audience.ADMIN)
