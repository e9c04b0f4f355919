"""Who has not signed in may sign in; everything else they send gets one of two answers."""

from __future__ import annotations

import pytest

from modules.tenancy.testing import make_store
from server.auth.audience import Audience
from server.composition.ownership import admits, owners_of
from server.testing import TestPlatform
from tests.scenarios.security.documents import Ways, call, elements
from tests.scenarios.security.installation import Site, codes_of, token_of

PARTS = [
    "__typename",
    "token",
    "nothingOfThisName",
    "... on SignInPayload { token }",
    "... on SignInPayload { token nothingOfThisName }",
    "... on SignInPayload { viewer { merchants { id } } }",
    "... on SignInPayload { viewer { nothingOfThisName { id } } }",
    "... on BillingTier { id }",
    "... on NothingOfThisName { id }",
    "... on InvalidCredentials { mesage }",
    "... on Error { cod }",
]


async def test_gives_one_answer_to_every_invalid_sign_in(site: Site) -> None:
    answers = set()
    for part in PARTS:
        for arguments in (
            '(email: "a", password: 1)',
            '(email: "a")',
            '(emial: "a")',
            "(email: BILLING)",
            "",
        ):
            response = await site.ask(f"mutation {{ signIn{arguments} {{ {part} }} }}")
            answers.add((response.status_code, response.text))

    assert len(answers) == 1
    assert "Sign in to be told what is wrong with it" in next(iter(answers))[1]


async def test_gives_one_answer_to_every_other_field_real_or_not(site: Site) -> None:
    schema, answers = site.facet.schema.graphql_schema, set()
    for word, root in (("query", schema.query_type), ("mutation", schema.mutation_type)):
        assert root is not None
        names = [name for name in root.fields if name != "signIn"]
        for name in [*names, "nothingOfThisName", "__schema", "__type"]:
            field = root.fields.get(name)
            selection = call(name, field) if field is not None else name
            response = await site.ask(f"{word} {{ {selection} {{ __typename }} }}")
            answers.add((response.status_code, response.text))

    assert len(answers) == 1
    assert next(iter(answers))[0] == 401


async def test_gives_them_no_schema(site: Site, platform: TestPlatform) -> None:
    for path in ("/schema.graphql", f"/p/{platform.code}/schema.graphql"):
        response = await site.client.get(path)
        assert (response.status_code, codes_of(response)) == (401, ["UNAUTHENTICATED"])


@pytest.mark.parametrize("audience", [Audience.MERCHANT, Audience.STORE])
async def test_hides_administration_from_merchants_and_staff(
    site: Site, platform: TestPlatform, audience: Audience
) -> None:
    async with platform.context() as ctx:
        store = await make_store(ctx)
    if audience is Audience.STORE:
        token = await token_of(platform, store=store)
    else:
        token = await token_of(platform, merchant_id=store.merchant_id)
    ways, tried = Ways(site.facet.views.get(site.facet.registry.codes, audience).graphql_schema), 0

    for element in elements(site.facet.schema.graphql_schema):
        tokens = [t for t in owners_of(element.definition) if t.startswith("@")]
        if element.kind != "field" or all(admits(t, audience) for t in tokens):
            continue
        try:
            text = ways.to(element.parent.name, call(element.name, element.definition))
        except KeyError:
            continue
        response = await site.ask(text, token=token)
        message = response.json()["errors"][0]["message"]
        assert response.status_code == 400
        assert message.startswith(f"Cannot query field '{element.name}' on type '{element.parent.name}'."), (
            text
        )
        tried += 1

    assert tried >= 15
