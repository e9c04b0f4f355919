"""Keep the views in use and let go of the others."""

import gc
import weakref
from typing import Any

import pytest
from graphql import parse

from server.auth.audience import Audience
from server.composition import ComposedSchema, DocumentCache, ViewCache
from tests.server.composition.asking import ask
from tests.server.composition.sample_modules import CODES

ALL = frozenset(CODES)
PLACES = frozenset({"places"})


def test_gives_platforms_with_the_same_modules_one_view(views: ViewCache) -> None:
    assert views.get(frozenset({"places", "people"})) is views.get(frozenset({"people", "places"}))
    assert views.get(PLACES) is not views.get(ALL)


def test_counts_hits_and_misses(views: ViewCache) -> None:
    for modules in (PLACES, PLACES, ALL, PLACES):
        views.get(modules)

    assert (views.hits, views.misses, len(views)) == (2, 2, 2)


def test_ignores_modules_that_are_not_in_the_schema(views: ViewCache) -> None:
    assert views.get(PLACES | {"jobs_only"}) is views.get(PLACES)
    assert views.get(PLACES).modules == PLACES


def test_shares_a_view_between_audiences_that_nothing_tells_apart(views: ViewCache) -> None:
    by_audience = {audience: views.get(ALL, audience) for audience in Audience}

    assert len({id(view) for view in by_audience.values()}) == 4
    assert views.get(ALL, Audience.STORE) is views.get(ALL, None)


def test_never_takes_an_audience_for_a_module(views: ViewCache) -> None:
    view = views.get(frozenset({"places", "plans", "@OPERATOR", "@ADMIN|OPERATOR"}), Audience.STORE)

    assert "cost" not in view.sdl()


def test_forgets_the_view_used_longest_ago(full: ComposedSchema) -> None:
    views = ViewCache(full, max_size=2)
    first = views.get(PLACES)
    views.get(ALL)
    views.get(PLACES)
    views.get(frozenset({"notes"}))

    assert len(views) == 2
    assert views.get(PLACES) is first
    assert views.misses == 3


async def test_frees_the_memory_of_a_forgotten_view(full: ComposedSchema) -> None:
    views = ViewCache(full, max_size=1)
    view = views.get(frozenset({"places", "people"}), Audience.ADMIN)
    text = "{ shops(order: NAME) { items { id people(first: 1) { edges { node { email } } } } } }"
    assert (await ask(view, text))[1] == []
    await view.execute('{ node(id: "U2hvcDox") { id } }')
    assert view.introspection["__schema"]
    assert view.sdl_hash()
    view.documents.put("{ __typename }", parse("{ __typename }"))
    references: list[weakref.ref[Any]] = [
        weakref.ref(view),
        weakref.ref(view.graphql_schema),
        weakref.ref(view.documents),
    ]

    del view
    views.get(PLACES)
    gc.collect()

    assert [reference() for reference in references] == [None, None, None]


def test_remembers_what_it_found_out_about_documents(views: ViewCache) -> None:
    view = views.get(PLACES)
    text = "{ people }"
    document = parse(text)

    record = view.documents.put(text, document, view.validate(document))
    record.facts["depth"] = 1

    assert view.documents.get(text) is record
    assert [error.message for error in record.errors] == ["Cannot query field 'people' on type 'Query'."]
    assert views.get(ALL).documents.get(text) is None


def test_forgets_the_document_used_longest_ago() -> None:
    cache = DocumentCache(max_size=2)
    documents = {text: parse(text) for text in ("{ a }", "{ b }", "{ c }")}
    for text in ("{ a }", "{ b }"):
        cache.put(text, documents[text])
    cache.get("{ a }")
    cache.put("{ c }", documents["{ c }"])

    assert len(cache) == 2
    assert cache.get("{ b }") is None
    assert cache.get("{ a }") is not None


def test_does_not_let_a_record_be_replaced_piecemeal(views: ViewCache) -> None:
    record = DocumentCache().put("{ a }", parse("{ a }"))

    with pytest.raises(AttributeError):
        record.errors = ()  # type: ignore[misc]


def test_prints_and_introspects_a_view_once(views: ViewCache) -> None:
    view = views.get(PLACES)

    assert view.sdl() is view.sdl()
    assert view.introspection is view.introspection
    assert len(view.sdl_hash()) == 64
    assert view.sdl_hash() != views.get(ALL).sdl_hash()
    assert str(view) == view.sdl() == view.as_str()
