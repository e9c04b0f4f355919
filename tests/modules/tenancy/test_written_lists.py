"""Large lists that PostgreSQL writes: the same bytes as from rows, for every value a column can hold."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, text

from modules.tenancy.models import Merchant, Store
from server.app import Facet
from server.auth.audience import Audience
from server.composition import ViewCache
from server.db.written import LARGE
from server.http.body import Parameters
from server.http.budget import Budget
from server.http.limits import Limits
from server.http.notes import RequestNotes
from server.http.operation import Operations, Visit
from server.testing import TestPlatform, count_statements

MERCHANTS = 25
PLAIN = """{ merchants(first: 100) { nodes { stores(first: 5) { nodes {
  id name externalId createdAt closedAt city region postalCode countryCode phone
} } } } }"""
TWISTED = """
query { merchants(first: 100) { nodes { name list: stores(first: 5) { all: nodes {
  phone __typename t: __typename closed: closedAt ...on Node { id } ...Named called: name
} } } } }
fragment Named on Store { name externalId ...on Store { createdAt name } }
"""
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
FIRST, LAST = datetime(1900, 1, 1), datetime(2200, 1, 1)  # noqa: DTZ001  # the strategy adds the zone
INDIA = timezone(timedelta(hours=5, minutes=30))
instants = st.datetimes(FIRST, LAST, timezones=st.just(INDIA)) | st.datetimes(
    FIRST, LAST, timezones=st.just(UTC)
).map(lambda instant: instant.replace(microsecond=0))
stores = st.fixed_dictionaries(
    {
        "name": texts,
        "created_at": instants,
        "closed_at": st.none() | instants,
        "city": st.none() | texts,
        "phone": st.none() | texts,
    }
)


async def body_of(facet: Facet, platform: TestPlatform, query: str, *, by_plan: bool) -> bytes:
    """The bytes of the answer, by a plan or by graphql-core."""
    caller, endless = platform.admin, Budget(None, capacity=10**9, per_second=10**9)
    operations = Operations(Limits(), endless, facet.meters)
    modules = frozenset(await facet.module_sets.get(platform.id))
    views = ViewCache(facet.schema, compile_at_use=1 if by_plan else 0)
    view = views.get(modules, caller.audience or Audience.MERCHANT)
    ctx = await facet.reading_context(caller, platform.record, "-")
    try:
        answer = await operations.answer(Visit(ctx, view), Parameters(query=query), RequestNotes())
    finally:
        await ctx.session.close()
    answer.extensions.clear()
    return answer.body()


async def write(platform: TestPlatform, rows: Sequence[dict[str, Any]]) -> None:
    """Merchants enough for a large list, with these stores one after the other."""
    async with platform.context() as ctx:
        await ctx.session.execute(
            text("DELETE FROM tenancy_store WHERE platform_id = :id"), {"id": platform.id}
        )
        await ctx.session.execute(
            text("DELETE FROM tenancy_merchant WHERE platform_id = :id"), {"id": platform.id}
        )
        merchants = [{"platform_id": platform.id, "name": f"Merchant {n:03d}"} for n in range(MERCHANTS)]
        ids = list((await ctx.session.execute(insert(Merchant).returning(Merchant.id), merchants)).scalars())
        if rows:
            await ctx.session.execute(
                insert(Store),
                [
                    {"platform_id": platform.id, "merchant_id": ids[place % len(ids)], **row}
                    for place, row in enumerate(rows)
                ],
            )


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(stores, max_size=40))
@pytest.mark.parametrize("query", [PLAIN, TWISTED])
async def test_says_what_rows_say(
    facet: Facet, platform: TestPlatform, query: str, rows: list[dict[str, Any]]
) -> None:
    await write(platform, rows)
    interpreted = await body_of(facet, platform, query, by_plan=False)
    with count_statements(facet) as statements:
        planned = await body_of(facet, platform, query, by_plan=True)

    assert planned == interpreted
    assert "errors" not in orjson.loads(planned)
    assert any("array_to_json" in statement for statement in statements)


@pytest.mark.parametrize(
    "query",
    [
        "{ merchants(first: 100) { nodes { stores(first: 5) { nodes { name } totalCount } } } }",
        "{ merchants(first: 100) { nodes { stores(first: 5) { nodes { name } pageInfo { hasNextPage } } } } }",
        "{ merchants(first: 100) { nodes { stores(first: 5) { nodes { name merchant { name } } } } } }",
        "{ merchants(first: 100) { nodes { stores(first: 5) { nodes { name } more: nodes { name } } } } }",
        "{ merchants(first: 100) { nodes { stores(first: 5) { nodes { name city @include(if: true) } } } } }",
        "{ merchants(first: 100) { nodes { stores(first: 1) { nodes { name } } } } }",
    ],
)
async def test_reads_rows_where_more_is_asked_or_the_list_is_short(
    facet: Facet, platform: TestPlatform, query: str
) -> None:
    await write(platform, [{"name": "One"}, {"name": "Two"}])
    assert LARGE <= MERCHANTS * 5

    interpreted = await body_of(facet, platform, query, by_plan=False)
    with count_statements(facet) as statements:
        planned = await body_of(facet, platform, query, by_plan=True)

    assert planned == interpreted
    assert not any("array_to_json" in statement for statement in statements)


async def test_another_platform_s_stores_are_not_written(
    facet: Facet, platform: TestPlatform, other_platform: TestPlatform
) -> None:
    await write(platform, [{"name": "Mine"}])
    await write(other_platform, [{"name": "Theirs"}])

    body = await body_of(facet, other_platform, PLAIN, by_plan=True)

    assert b"Theirs" in body
    assert b"Mine" not in body


async def test_staff_see_their_own_store_only(facet: Facet, platform: TestPlatform) -> None:
    await write(platform, [{"name": f"Store {n}"} for n in range(60)])
    response = await platform.execute("{ stores(first: 1) { nodes { id name } } }", caller=platform.admin)
    assert response.data is not None
    shown = response.data["stores"]["nodes"][0]["name"]
    async with platform.context() as ctx:
        store = (
            await ctx.session.execute(text("SELECT id FROM tenancy_store WHERE name = :n"), {"n": shown})
        ).scalar()

    staff = platform.store_staff(store)
    for _ in range(2):
        answer = await platform.execute(PLAIN, caller=staff)
    assert answer.data is not None
    names = [s["name"] for m in answer.data["merchants"]["nodes"] for s in m["stores"]["nodes"]]
    assert names == [shown]
