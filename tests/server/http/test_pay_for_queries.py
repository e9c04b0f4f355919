"""Queries have a price, and callers a budget."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from server.composition import ViewCache
from server.http.budget import Budget
from server.redis import connect
from server.telemetry.prometheus import Meters
from tests.server.http.conftest import Site, open_site

PRICES = [
    ("{hello}", 1),  # the least an operation costs
    ("{book{title}}", 1),
    ("{book{author{name}}}", 2),
    ("{books(first:7){nodes{title}}}", 1 + 7),
    ("{books(first:7){edges{node{title}}}}", 1 + 7),
    ("{books(first:7){edges{cursor}}}", 1),
    ("{books(first:7){totalCount pageInfo{hasNextPage}}}", 1 + 1),
    ("{books{nodes{title}}}", 1 + 20),
    ("{shelf{nodes{title}}}", 1 + 20),
    ("{shelf(first:null){nodes{title}}}", 1 + 20),
    ("{books(first:7){nodes{author{name}}}}", 1 + 7 * 2),
    ("{books(first:7){nodes{author{books(first:3){nodes{title}}}}}}", 1 + 7 * (1 + 1 + 1 + 3)),
    ("{book{author{books(first:3,last:5){nodes{title}}}}}", 1 + 1 + 1 + 5),
    ("{book{similar{title}}}", 1 + 10),
    ("{book{sequels{title}}}", 1 + 3),
    ("{book{sequels{similar{title}}}}", 1 + 3 * (1 + 10)),
    ("{book{rating}}", 1 + 40),
    ("{books(first:2){nodes{rating}}}", 1 + 2 * (1 + 40)),
    ("{book{title} b:book{title}}", 2),
    ("{book{...B}} fragment B on Book{author{name}}", 2),
    ("{books(first:4){...C}} fragment C on BookConnection{nodes{title}}", 1 + 4),
    ("{a:books(first:4){...C} b:books(first:6){...C}} fragment C on BookConnection{nodes{title}}", 2 + 10),
    ("{... on Query{book{title}}}", 1),
    ("{__typename}", 1),
    ("{__schema{description}}", 1_000),
    ('mutation{signIn(email:"a",password:"b"){... on SignInPayload{book{title}}}}', 10 + 1),
]


@pytest.mark.parametrize(("text", "price"), PRICES)
async def test_prices_an_operation(site: Site, text: str, price: int) -> None:
    first = await site.query(text)
    again = await site.query(text)

    assert first.json()["extensions"]["cost"]["requested"] == price
    assert again.json()["extensions"]["cost"]["requested"] == price


async def test_prices_by_the_values_of_variables(site: Site) -> None:
    text = "query($f:Int=5,$t:String){books(first:$f){nodes{title}} echo(text:$t)}"

    prices = [
        (await site.query(text, variables)).json()["extensions"]["cost"]["requested"]
        for variables in ({"f": 3}, {"f": 90}, {"t": "x"}, {"f": 3, "t": "y"}, {"f": None})
    ]

    assert prices == [4, 91, 6, 4, 21]
    facts = site.view.documents.get(text).facts  # type: ignore[union-attr]
    assert len(facts["operation None"].cost_facts.known) == 4


async def test_remembers_the_price_of_a_document_without_page_variables(site: Site) -> None:
    text = "query($t:String){books(first:3){nodes{title}} echo(text:$t)}"

    for value in ("a", "b", "c"):
        await site.query(text, {"t": value})

    facts = site.view.documents.get(text).facts  # type: ignore[union-attr]
    assert list(facts["operation None"].cost_facts.known) == [()]


async def test_refuses_one_point_more_than_5000(site: Site) -> None:
    # 1 + 99 * (1 + 1 + 48) + 49 = 5000
    text = "{books(first:99){nodes{author{books(first:47){nodes{title}}}}} "
    on_the_limit = await site.query(text + "a:books(first:48){nodes{title}}}")
    one_more = await site.query(text + "a:books(first:49){nodes{title}}}")

    assert on_the_limit.json()["extensions"]["cost"]["requested"] == 5_000
    assert one_more.status_code == 400
    assert one_more.json()["errors"] == [
        {
            "message": "The operation may cost 5001 points; the limit is 5000. To stay below it, ask for smaller "
            "pages (`first`) or fewer nested lists.",
            "locations": [{"line": 1, "column": 1}],
            "extensions": {"code": "QUERY_TOO_COSTLY", "actual": 5_001, "limit": 5_000},
        }
    ]


async def test_refuses_a_cost_bomb_without_building_it(site: Site) -> None:
    text = "{books(first:100){nodes{similar{similar{similar{similar{similar{similar{title}}}}}}}}}"

    response = await site.query(text)

    assert response.json()["errors"][0]["extensions"]["actual"] == 1 + 100 * 1_111_111


@pytest.fixture
async def budgeted(views: ViewCache, shared_budget: Budget) -> AsyncIterator[Site]:
    async with open_site(views, budget=shared_budget) as site:
        yield site


async def test_tells_what_is_left(budgeted: Site) -> None:
    await budgeted.query("{books(first:99){nodes{title}}}")
    response = await budgeted.query("{books(first:99){nodes{title}}}")

    cost = response.json()["extensions"]["cost"]
    remaining = cost.pop("remaining")
    assert remaining in {800, 801}  # a point comes back each second
    assert cost == {"requested": 100, "limit": 5_000, "capacity": 1_000, "restoreRate": 1}
    assert response.headers["ratelimit-limit"] == "1000"
    assert response.headers["ratelimit-remaining"] == str(remaining)
    assert response.headers["ratelimit-reset"] == str(1_000 - remaining)


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
async def test_refuses_when_the_budget_is_used_up_and_says_when_to_return(
    budgeted: Site, accept: str
) -> None:
    await budgeted.query("{__schema{description}}")
    executed = len(budgeted.visits)

    response = await budgeted.query("{books(first:99){nodes{title}}}", headers={"accept": accept})

    assert executed == 1
    assert response.status_code == 429
    content = response.json()
    assert "data" not in content
    (error,) = content["errors"]
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert error["extensions"]["retryAfter"] in {99, 100}
    assert response.headers["retry-after"] == str(error["extensions"]["retryAfter"])
    assert content["extensions"]["cost"]["requested"] == 100
    assert content["extensions"]["cost"]["remaining"] in {0, 1}


async def test_charges_nothing_for_refused_operations(budgeted: Site) -> None:
    for text in ("{", "{missing_field}", "{books(first:0){nodes{title}}}"):
        await budgeted.query(text)

    response = await budgeted.query("{hello}")

    assert response.json()["extensions"]["cost"]["remaining"] == 999


async def test_keeps_callers_apart(shared_budget: Budget) -> None:
    spent = await shared_budget.charge("1:session:7", 1_000)
    refused = await shared_budget.charge("1:session:7", 500)
    other = await shared_budget.charge("2:session:7", 1_000)

    assert (spent.granted, spent.remaining) == (True, 0)
    assert (refused.granted, refused.retry_after) == (False, 500)
    assert other.granted


async def test_shares_a_budget_between_processes(redis_url: str, shared_budget: Budget) -> None:
    client = connect(redis_url, timeout=2.0)
    other_process = Budget(client, capacity=1_000, per_second=1, prefix=shared_budget.prefix)

    charges = await asyncio.gather(
        *(budget.charge("k", 100) for budget in (shared_budget, other_process) for _ in range(10))
    )
    await other_process.stop()
    await client.aclose()

    assert sum(charge.granted for charge in charges) == 10


async def test_gives_points_back_with_time() -> None:
    now = 0.0
    budget = Budget(None, capacity=1_000, per_second=100, now=lambda: now)

    assert (await budget.charge("k", 1_000)).remaining == 0
    now = 2.5
    assert (await budget.charge("k", 300)).granted is False
    assert (await budget.charge("k", 200)).remaining == 50
    now = 1_000.0
    assert (await budget.charge("k", 1)).remaining == 999


async def test_counts_in_the_process_while_redis_is_away() -> None:
    now = 0.0
    meters = Meters()
    nowhere = Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.2, socket_timeout=0.2)
    budget = Budget(nowhere, capacity=100, per_second=1, meters=meters, now=lambda: now)

    charges = [await budget.charge("k", 60) for _ in range(2)]
    now = 0.5
    await budget.charge("k", 1)
    await nowhere.aclose()

    assert [charge.granted for charge in charges] == [True, False]
    assert b"facet_budget_fallbacks_total 3.0" in meters.render()


async def test_answers_on_when_redis_hangs(views: ViewCache) -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = connect(f"redis://127.0.0.1:{port}", timeout=0.05, retries=0)

    async with open_site(views, budget=Budget(client, capacity=100, per_second=1)) as site:
        responses = [await site.query("{hello}") for _ in range(3)]

    await client.aclose()
    server.close()
    await server.wait_closed()
    assert [response.json()["data"] for response in responses] == [{"hello": "hello"}] * 3
    assert responses[-1].json()["extensions"]["cost"]["remaining"] == 97


async def test_forgets_the_least_recent_of_too_many_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.http.budget._MOST_LOCAL_BUCKETS", 2)
    budget = Budget(None, capacity=10, per_second=1, now=lambda: 0.0)

    for key in ("a", "b", "c"):
        await budget.charge(key, 10)

    assert (await budget.charge("c", 1)).granted is False
    assert (await budget.charge("a", 10)).granted is True
