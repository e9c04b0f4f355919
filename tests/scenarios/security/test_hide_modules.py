"""A module that is off does not exist: not in any answer, not in any message, not by any difference."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio

from modules.tenancy.testing import make_merchant
from server.app import Facet
from server.composition.ownership import modules_of
from server.graphql.ids import global_id
from server.testing import TestPlatform
from tests.scenarios.security.documents import Element, Ways, call, elements, literal
from tests.scenarios.security.installation import Site, codes_of, open_site_without, token_of

HIDDEN = ("billing", "customers")
REMAINING = re.compile(r'"remaining":\d+')
SUGGESTION = re.compile(r" Did you mean [^?]*\?")
TRACES = re.compile(r"billing|mrr|subscription|tier(?!m)|customer|churn|arpa|stripe", re.IGNORECASE)
# Words of GraphQL itself, and of features, which a tier of whatever kind may include.
HARMLESS = re.compile(
    r"subscriptionType|SUBSCRIPTION|subscription operation|supports subscription|a tier (can include|sets one)"
)


@pytest_asyncio.fixture(loop_scope="session")
async def shop(facet: Facet) -> TestPlatform:
    """A platform with merchants and stores only."""
    return await TestPlatform.create(facet, modules=["tenancy"])


@pytest_asyncio.fixture(loop_scope="session")
async def site_with(facet: Facet) -> AsyncIterator[Site]:
    """An installation that has them."""
    async with open_site_without(facet) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def site_without(facet: Facet) -> AsyncIterator[Site]:
    """An installation on the same database that never had these modules."""
    async with open_site_without(facet, *HIDDEN) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def tokens(shop: TestPlatform) -> dict[str, str | None]:
    async with shop.context() as ctx:
        merchant = await make_merchant(ctx)
    return {
        "anonymous": None,
        "merchant": await token_of(shop, merchant_id=merchant.id),
        "administrator": await token_of(shop),
    }


def hidden_elements(facet: Facet, code: str) -> list[Element]:
    schema = facet.schema.graphql_schema
    return [e for e in elements(schema) if code in modules_of(e.definition) or code in _owners_of_parent(e)]


def _owners_of_parent(element: Element) -> frozenset[str]:
    if element.kind == "argument":
        type_, _, field = element.parent
        return modules_of(type_) | modules_of(field)
    return modules_of(element.parent) if element.parent is not None else frozenset()


def documents_for(element: Element, name: str, ways: Ways) -> Iterator[str]:
    """Every way to say the element's name, or another in its place."""
    if element.kind == "type":
        yield f'{{ __type(name: "{name}") {{ name kind description fields {{ name }} }} }}'
        yield f"{{ __typename ... on {name} {{ __typename }} }}"
        yield f"query ($v: {name}) {{ __typename }}"
        yield f"{{ ...F }} fragment F on {name} {{ __typename }}"
    elif element.kind == "enum value":
        yield f"query ($v: {element.parent.name} = {name}) {{ __typename }}"
    elif element.kind == "input field":
        yield f"query ($v: {element.parent.name} = {{ {name}: 1 }}) {{ __typename }}"
    elif element.kind == "argument":
        type_, field_name, field = element.parent
        value = literal(element.definition.type)
        yield _within(ways, type_.name, call(field_name, field, {element.name: value}), element.name, name)
    else:
        yield _within(ways, element.parent.name, call(element.name, element.definition), element.name, name)


def _within(ways: Ways, type_name: str, selection: str, old: str, new: str) -> str:
    selection = re.sub(rf"\b{old}\b", new, selection)
    try:
        return ways.to(type_name, selection)
    except KeyError:
        return f"{{ __typename ... on {type_name} {{ {selection} }} }}"


def invented(name: str) -> str:
    """A name of the same length and manner that nobody has."""
    letters = ("zqxjkvw" * (len(name) // 7 + 1))[: len(name)]
    if name.isupper():
        return letters.upper()
    return letters.capitalize() if name[0].isupper() else letters


def said(response: httpx.Response) -> tuple[int, str, str]:
    return response.status_code, response.headers["content-type"], REMAINING.sub("", response.text)


@pytest.mark.parametrize("caller", ["anonymous", "merchant", "administrator"])
@pytest.mark.parametrize("code", HIDDEN)
async def test_answers_every_hidden_name_as_one_that_nobody_has(
    site_with: Site,
    site_without: Site,
    shop: TestPlatform,
    tokens: dict[str, str | None],
    code: str,
    caller: str,
) -> None:
    token, at = tokens[caller], f"/p/{shop.code}/graphql"
    site, modules = site_with, await site_with.facet.module_sets.get(shop.id)
    view = site.facet.views.get(modules, shop.admin.audience)
    ways = Ways(view.graphql_schema)
    tried = 0

    shown = view.graphql_schema.type_map
    for element in hidden_elements(site.facet, code):
        # What stands in a hidden type is asked for by one kind of caller; to validation they are all alike.
        if caller != "administrator" and getattr(element.parent, "name", "Query") not in shown:
            continue
        other = invented(element.name)
        pairs = zip(
            documents_for(element, element.name, ways), documents_for(element, other, ways), strict=True
        )
        for real, fake in pairs:
            assert len(real) == len(fake)
            answer = said(await site.ask(real, token=token, at=at))
            no_such_name = said(await site.ask(fake, token=token, at=at))
            no_such_module = said(await site_without.ask(real, token=token, at=at))

            assert answer == no_such_module, (element, real)
            assert _plain(answer) == _plain(no_such_name, other, element.name), (element, real)
            tried += 1

    assert tried >= {"billing": 300, "customers": 60}[code] // (1 if caller == "administrator" else 3)


def _plain(answer: tuple[int, str, str], old: str = "", new: str = "") -> tuple[int, str, str]:
    status, media_type, text = answer
    text = text.replace(old, new) if old else text
    return status, media_type, SUGGESTION.sub("", text)


# What a caller can ask about modules and their belongings, all at once.
QUESTIONS = {
    "introspection": """{ __schema { types { name description enumValues { name description }
        inputFields { name description } fields(includeDeprecated: true) {
          name description args { name description } } } directives { name } } }""",
    "catalogues": "{ metricCatalog { key module label category } featureCatalog { code module name } }",
    "menus": "{ a: menu(frontend: ADMIN) { code label } b: menu(frontend: MERCHANT) { code label } "
    "c: menu(frontend: STORE) { code label } }",
    "viewer": "{ viewer { permissions modules } }",
    "modules": "{ modules { code name requiredBy } platform { modules { code } } }",
}


@pytest.mark.parametrize("question", QUESTIONS)
async def test_says_nothing_of_hidden_modules_to_those_who_do_not_switch_them(
    site: Site, tokens: dict[str, str | None], question: str
) -> None:
    response = await site.ask(QUESTIONS[question], token=tokens["merchant"])

    assert response.status_code == 200, response.text
    assert "errors" not in response.json()
    assert traces_in(response.text) == []


def traces_in(text: str) -> list[str]:
    return TRACES.findall(HARMLESS.sub("", text))


async def test_leaves_hidden_modules_out_of_an_administrators_catalogues(
    site: Site, tokens: dict[str, str | None]
) -> None:
    text = """{ permissionCatalog { code module name } metricCatalog { key } featureCatalog { code }
        menuSettings(frontend: ADMIN) { code } viewer { permissions }
        platformMetrics { values { key category label } } }"""

    response = await site.ask(text, token=tokens["administrator"])

    assert "errors" not in response.json()
    assert traces_in(response.text) == []


async def test_leaves_hidden_modules_out_of_the_schema_file(
    site: Site, site_without: Site, tokens: dict[str, str | None]
) -> None:
    headers = {"authorization": f"Bearer {tokens['merchant']}"}

    seen = await site.client.get("/schema.graphql", headers=headers)
    without = await site_without.client.get("/schema.graphql", headers=headers)

    assert seen.status_code == 200
    assert "type Merchant implements Node" in seen.text
    assert traces_in(seen.text) == []
    assert (seen.text, seen.headers["etag"]) == (without.text, without.headers["etag"])


@pytest.mark.parametrize("type_name", ["BillingTier", "BillingSubscription", "Customer"])
async def test_finds_nothing_by_the_id_of_a_hidden_type(
    site: Site, shop: TestPlatform, tokens: dict[str, str | None], type_name: str
) -> None:
    text = "query ($id: ID!) { node(id: $id) { id } }"
    for caller in ("merchant", "administrator"):
        real = await site.ask(text, {"id": global_id(type_name, 1)}, token=tokens[caller])
        fake = await site.ask(text, {"id": global_id(invented(type_name), 1)}, token=tokens[caller])

        assert codes_of(real) == ["NOT_FOUND"]
        assert _answer(real) == _answer(fake)


def _answer(response: httpx.Response) -> tuple[int, object]:
    content = response.json()
    content.pop("extensions", None)
    return response.status_code, content


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('{{ platformMetrics {{ values(categories: ["{}"]) {{ key }} }} }}', "billing"),
        ('{{ platformMetrics {{ values(categories: ["{}"]) {{ key }} }} }}', "customers"),
        ('mutation {{ createApiKey(name: "k", scopes: ["{}"]) {{ __typename ... on Error {{ message }} }} }}',
         "billing.view"),
        ('mutation {{ createApiKey(name: "k", scopes: ["{}"]) {{ __typename ... on Error {{ message }} }} }}',
         "customers.view"),
    ],
)  # fmt: skip
async def test_takes_hidden_names_in_values_for_invented_ones(
    site: Site, tokens: dict[str, str | None], text: str, name: str
) -> None:
    fake_name = "zqxjkvw"[: name.find(".")] + name[name.find(".") :] if "." in name else invented(name)
    for caller in ("merchant", "administrator"):
        real = await site.ask(text.format(name), token=tokens[caller])
        fake = await site.ask(text.format(fake_name), token=tokens[caller])

        assert real.status_code == fake.status_code
        content = json.loads(fake.text.replace(fake_name, name))
        assert real.json().get("data") == content.get("data")
        assert real.json().get("errors") == content.get("errors")


@pytest.mark.parametrize("caller", ["merchant", "administrator"])
async def test_refuses_documents_that_ran_while_the_module_was_on(
    site: Site, platform: TestPlatform, caller: str
) -> None:
    async with platform.context() as ctx:
        merchant = await make_merchant(ctx)
    token = await token_of(platform, merchant_id=merchant.id if caller == "merchant" else None)
    administrator = await token_of(platform)
    text = """query Tiers($first: Int) { tiers(first: $first) { totalCount }
        merchants { nodes { subscriptions { totalCount } } } }"""
    off = 'mutation { disableModule(code: "billing") { __typename } }'

    before = await site.ask(text, {"first": 5}, token=token)
    again = await site.ask(text, {"first": 5}, token=token)
    switched = await site.ask(off, token=administrator)
    after = await site.ask(text, {"first": 5}, token=token)
    fake = await site.ask(
        text.replace("tiers", "zqxjk").replace("subscriptions", "zqxjkvwzqxjkv"), {"first": 5}, token=token
    )

    assert before.json()["data"] == again.json()["data"]
    assert before.json()["data"]["tiers"] == {"totalCount": 0}
    assert switched.json()["data"] == {"disableModule": {"__typename": "DisableModulePayload"}}
    assert after.status_code == 400
    plain = fake.text.replace("zqxjkvwzqxjkv", "subscriptions").replace("zqxjk", "tiers")
    assert SUGGESTION.sub("", after.text) == SUGGESTION.sub("", plain)
