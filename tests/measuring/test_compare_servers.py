"""What the benchmarks work out by themselves: percentiles, shares, and whether two answers are the same."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from tests.benchmarks.cards import count_card, dashboard_text, money_card
from tests.benchmarks.contenders import Contender, Round, rows
from tests.benchmarks.data import codes, merchant_of, modules_of, token_of
from tests.benchmarks.installation import Serving
from tests.benchmarks.load import Load, load, percentile
from tests.benchmarks.workload import outside
from tests.benchmarks.workloads import WORKLOADS


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.001, 1)])
def test_percentile_is_a_value_that_was_measured(share: float, value: int) -> None:
    assert percentile([*range(51, 101), *range(1, 51)], share) == value


def test_shares_are_taken_within_each_round() -> None:
    serving = cast(Serving, None)
    contenders = [Contender("Facet", serving), Contender("by hand", serving)]
    machine_was_busy = [_round(10), _round(20)]
    it_was_not = [_round(90), _round(100)]
    facet, by_hand = rows(contenders, [machine_was_busy, it_was_not, it_was_not])
    assert facet == ("Facet", 90, 1.0, 2.0, 3.0, 4.0, 90, 50, 90)
    assert by_hand[-3:] == (100, 100, 100)


def _round(requests_per_second: float) -> Round:
    return Round(Load(1, requests_per_second, 1.0, 2.0), 3.0, 4.0)


def test_instants_are_the_same_in_any_form() -> None:
    def answer(created_at: str, closed_at: str | None) -> dict[str, object]:
        store = {"id": outside("Store", 1), "createdAt": created_at, "closedAt": closed_at}
        return {"merchants": {"nodes": [{"stores": {"nodes": [store]}}]}}

    compare = WORKLOADS["W4"].compare
    compare(answer("2026-01-02T08:00:00+00:00", None), answer("2026-01-02T08:00:00.000Z", None))
    with pytest.raises(AssertionError):
        compare(answer("2026-01-02T08:00:00+00:00", None), answer("2026-01-02T08:00:01Z", None))
    with pytest.raises(AssertionError):
        compare(answer("2026-01-02T08:00:00Z", None), answer("2026-01-02T08:00:00Z", "2026-01-03T08:00:00Z"))


def test_cards_tell_the_trend() -> None:
    assert count_card("totalStores", 1_100, 1_000) == {
        "key": "tenancy.total_stores",
        "label": "Stores",
        "category": "tenancy",
        "icon": "store",
        "unit": "COUNT",
        "value": 1_100,
        "formatted": "1,100",
        "trend": "UP",
        "trendValue": 10.0,
        "previousValue": 1_000,
    }
    assert count_card("totalStores", 1, 0)["trend"] is None
    card = money_card("mrr", "EUR", 268_700, 268_000)
    assert (card["value"], card["previousValue"], card["formatted"], card["trend"]) == (
        *("2687.00", "2680.00", "€2,687.00"),
        "STABLE",
    )


def test_platforms_are_asked_for_what_they_have() -> None:
    assert [modules_of(code) for code in codes()[:5]] == [
        *(("billing", "customers"), ("billing",), ("customers",), ()),
        ("billing", "customers"),
    ]
    assert "billing" not in dashboard_text("D", modules_of("p02"))
    assert len({question.platform for question in WORKLOADS["W5"].questions}) == 40
    assert (merchant_of("bench"), merchant_of("p01")) == (7, 2_000_000)
    assert len(token_of("p07", "member")) == 46


async def test_load_sends_requests_in_turn_and_reads_every_form_of_answer() -> None:
    seen: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await reader.readline():
            seen.append(request.strip())
            if request == b"whole\n":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")
                await writer.drain()
                writer.write(b"done")
            else:
                writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\ndone\r\n0\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        found = await asyncio.to_thread(load, port, [b"whole\n", b"parts\n"], seconds=0.05, connections=1)
    assert found.requests == len(seen) > 2
    assert seen[:4] == [b"whole", b"parts", b"whole", b"parts"]


async def test_load_stops_at_an_answer_that_was_not_expected() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(AssertionError, match="Expected b'200'"):
            await asyncio.to_thread(load, port, [b"x\n"], seconds=0.05, connections=1)
