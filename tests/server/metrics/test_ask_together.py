"""Many sources in one statement answer what each answers by itself, and one that fails costs its own numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text
from structlog.testing import capture_logs

from server.contracts.metrics import ScopeKind, Source
from server.db.session import Database
from server.embedded import DatabaseUrls
from server.metrics import asking
from server.metrics.asking import SourceFailed
from server.metrics.compute import Answer, Request, fetch
from server.metrics.windows import Window
from server.testing.statements import count_statements
from tests.server.metrics.mall import NOON, Mall, MallPlatform
from tests.server.metrics.shops import (
    BUYERS,
    FAULTY,
    LACKING,
    ONE,
    SALES,
    STORES,
    TILLS,
    UNBOUND,
    add_merchants,
    sell,
)

COLUMNS = {SALES: ("sales", "revenue"), BUYERS: ("buyers",), STORES: ("stores",), TILLS: ("tills",)}
SLOW = Source("faulty.slow", "SELECT {scope} AS scope, bucket, 1 AS n FROM bucket, pg_sleep(600)", ONE)
ANOTHER_S_CURRENCY = Source(
    "faulty.currency", "SELECT id AS scope, bucket, currency, 1 AS n FROM shops_merchant, bucket", ONE
)


@pytest.fixture(autouse=True)
def nothing_failed_before() -> Iterator[None]:
    asking._failed_at.clear()
    with capture_logs():
        yield
    asking._failed_at.clear()


def window(first: int, days: int) -> Window:
    start = datetime.fromisoformat("2024-06-01T00:00Z") + timedelta(days=first)
    return Window(start, start + timedelta(days=days))


def request(source: Source, *columns: str, scope: int, windows: int = 2) -> Request:
    chosen = tuple(window(day, 1) for day in range(windows))
    return Request(source, ScopeKind.MERCHANT, columns, (scope,), chosen)


def told(answer: Answer) -> object:
    """The numbers of an answer, without where they stood."""
    if isinstance(answer, SourceFailed):
        return "failed"
    return {
        (*cell, column): answer.totals(*cell, column) for cell in answer.cells for column in answer.places
    }


@st.composite
def requests(draw: st.DrawFn, merchants: int = 3) -> tuple[ScopeKind, int, int, list[int], list[Window]]:
    """A source by number, the columns by a mask, scopes by number, and windows."""
    kind = draw(st.sampled_from([ScopeKind.MERCHANT, ScopeKind.STORE]))
    source = draw(st.integers(0, len(COLUMNS) - 1))
    mask = draw(st.integers(1, 3))
    scopes = draw(st.lists(st.integers(0, merchants - 1), min_size=1, max_size=merchants, unique=True))
    windows = draw(
        st.lists(st.builds(window, st.integers(0, 8), st.integers(1, 6)), min_size=1, max_size=4, unique=True)
    )
    return kind, source, mask, scopes, windows


@st.composite
def sales(draw: st.DrawFn) -> tuple[int, int, int, str, int]:
    return (
        draw(st.integers(0, 2)),
        draw(st.integers(0, 12 * 24)),
        draw(st.integers(-500, 500)),
        draw(st.sampled_from(["EUR", "USD"])),
        draw(st.integers(1, 4)),
    )


@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(sold=st.lists(sales(), max_size=12), asked=st.lists(requests(), min_size=2, max_size=6))
@pytest.mark.parametrize("read_only", [True, False])
async def test_answers_what_each_answers_by_itself(
    mall: Mall,
    read_only: bool,
    sold: list[tuple[int, int, int, str, int]],
    asked: list[tuple[ScopeKind, int, int, list[int], list[Window]]],
) -> None:
    shop = mall.platform()
    async with shop.context() as ctx:
        ids = await add_merchants(ctx, shop.first_id, 3)
        for number, hour, minor, currency, buyer in sold:
            at = datetime.fromisoformat("2024-06-01T00:00Z") + timedelta(hours=hour)
            await sell(ctx, ids[number], at.isoformat(), minor, currency, buyer)
    made = []
    for kind, number, mask, scopes, windows in asked:
        source = list(COLUMNS)[number]
        used = kind if kind in source.scopes else ScopeKind.MERCHANT
        columns = [name for place, name in enumerate(COLUMNS[source]) if mask >> place & 1]
        chosen = tuple(columns) or COLUMNS[source]
        made.append(Request(source, used, chosen, tuple(ids[n] for n in scopes), tuple(windows)))

    async with shop.context(read_only=read_only) as ctx:
        with count_statements(shop) as statements:
            together = await fetch(ctx, made)
        apart = [(await fetch(ctx, [one]))[0] for one in made]

    assert len(statements) == 1
    assert [told(answer) for answer in together] == [told(answer) for answer in apart]
    assert not any(isinstance(answer, SourceFailed) for answer in together)


@pytest.mark.parametrize("read_only", [True, False])
async def test_a_source_that_fails_costs_its_own_numbers(shop: MallPlatform, read_only: bool) -> None:
    async with shop.context() as ctx:
        [id_] = await add_merchants(ctx, shop.first_id, 1)
        await sell(ctx, id_, "2024-06-01T10:00Z", 100)
    wanted = [
        request(SALES, "sales", scope=id_),
        request(FAULTY, "n", scope=id_),
        request(STORES, "stores", scope=id_),
        request(LACKING, "n", scope=id_),
        request(UNBOUND, "n", scope=id_),
    ]
    right = [
        {(id_, 0, "sales"): {"EUR": 1}},
        "failed",
        {(id_, bucket, "stores"): {"": 1} for bucket in (0, 1)},
        "failed",
        "failed",
    ]

    for expected in (5, 3, 3):  # together, then one by one; later only what failed is apart
        async with shop.context(read_only=read_only) as ctx:
            with count_statements(shop) as statements:
                assert [told(answer) for answer in await fetch(ctx, wanted)] == right
            assert len(statements) == expected
            assert (await ctx.session.execute(text("SELECT 1"))).scalar() == 1

    shop.clock.advance(timedelta(minutes=1))
    async with shop.context(read_only=read_only) as ctx:
        with count_statements(shop) as statements:
            await fetch(ctx, wanted)
    assert len(statements) == 5


async def test_a_column_of_another_table_is_not_taken_for_the_source_s(shop: MallPlatform) -> None:
    """A source finds no `currency` but its own, though sources without one stand beside it."""
    async with shop.context() as ctx:
        [id_] = await add_merchants(ctx, shop.first_id, 1)

    async with shop.context(read_only=True) as ctx:
        wanted = [request(ANOTHER_S_CURRENCY, "n", scope=id_), request(TILLS, "tills", scope=id_)]
        assert [told(answer) for answer in await fetch(ctx, wanted)] == [
            "failed",
            {(id_, 0, "tills"): {"": 3}, (id_, 1, "tills"): {"": 3}},
        ]


async def test_what_takes_too_long_is_not_waited_for_twice(mall: Mall, mall_urls: DatabaseUrls) -> None:
    limit = 400
    database = Database.connect(mall_urls.app_url, owns_role=True, pool_size=1, statement_timeout_ms=limit)
    shop = mall.platform()
    async with shop.context() as ctx:
        [id_] = await add_merchants(ctx, shop.first_id, 1)
    wanted = [request(s, c, scope=id_) for s, c in ((TILLS, "tills"), (SLOW, "n"), (STORES, "stores"))]

    async with shop.context() as ctx, database.session(shop.record.id, read_only=True) as session:
        ctx.session, kept = session, ctx.session
        with limits_given(database) as given_ms:
            answers = await fetch(ctx, wanted)
        ((in_the_end,),) = await session.rows(text("SELECT current_setting('statement_timeout')"))
        ctx.session = kept
    await database.close()

    assert [told(answer) for answer in answers] == [
        {(id_, bucket, "tills"): {"": 3} for bucket in (0, 1)},
        "failed",
        {(id_, bucket, "stores"): {"": 1} for bucket in (0, 1)},
    ]
    *shares, lifted = given_ms
    assert len(shares) == len(wanted)
    assert shares[0] == limit // 3
    assert all(0 < share < limit for share in shares)
    assert lifted == limit
    assert in_the_end == f"{limit}ms"


@contextmanager
def limits_given(database: Database) -> Iterator[list[int]]:
    """The time that statements are given meanwhile, in milliseconds."""
    given: list[int] = []

    def note(_conn: object, _cursor: object, statement: str, parameters: list[int], *_rest: object) -> None:
        if "set_config('statement_timeout'" in statement:
            given.append(parameters[0])

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield given
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)


async def test_a_source_apart_has_all_the_time_there_is(shop: MallPlatform) -> None:
    """After a timeout nobody knows who was slow, so for a minute each source runs by itself."""
    async with shop.context() as ctx:
        [id_] = await add_merchants(ctx, shop.first_id, 1)
    wanted = [request(TILLS, "tills", scope=id_), request(STORES, "stores", scope=id_)]
    asking._failed_at.update({TILLS: NOON, STORES: NOON})

    async with shop.context(read_only=True) as ctx:
        with count_statements(shop) as statements:
            await fetch(ctx, wanted)

    assert len(statements) == 2
    assert not any("statement_timeout" in statement for statement in statements)


async def test_a_long_statement_is_prepared_once(shop: MallPlatform) -> None:
    async with shop.context() as ctx:
        [id_] = await add_merchants(ctx, shop.first_id, 1)
    wanted = [request(TILLS, "tills", scope=id_ + number) for number in range(60)]

    async with shop.context(read_only=True) as ctx:
        with count_statements(shop) as statements:
            for _ in range(2):
                await fetch(ctx, wanted)
        known = await ctx.session.rows(
            text("SELECT statement FROM pg_prepared_statements WHERE length(statement) > 16384")
        )

    assert len(statements) == 2
    assert [row[0] for row in known].count(statements[0]) == 1
