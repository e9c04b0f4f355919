# mypy: disable-error-code="untyped-decorator"
"""Sample modules with numbers: `shops` (always on), `tills` (switched), `faulty` (fails) and `vault` (internal)."""

from collections.abc import Collection, Sequence
from typing import Annotated, Any

import strawberry
from sqlalchemy import text

from server.auth.caller import Grant
from server.context import Context
from server.contracts.metrics import Fold, Metric, Polarity, ScopeKind, Source, Unit
from server.contracts.module import ModuleDefinition
from server.db.repository import Scope
from server.db.session import Session
from server.graphql.batched import batched
from server.graphql.fields import field, query_field
from server.graphql.graph import ModuleGraph
from server.graphql.info import Info
from server.metrics.graphql import MerchantMetrics, metrics_of
from server.metrics.graphql_types import MetricsContextInput

SCHEMA = """
CREATE TABLE shops_merchant (id bigint PRIMARY KEY, platform_id bigint NOT NULL);
CREATE TABLE shops_store (
    id bigint PRIMARY KEY, platform_id bigint NOT NULL, merchant_id bigint NOT NULL, opened_at timestamptz NOT NULL
);
CREATE TABLE shops_sale (
    platform_id bigint NOT NULL, merchant_id bigint NOT NULL, store_id bigint NOT NULL,
    at timestamptz NOT NULL, buyer_id bigint NOT NULL, amount_minor bigint NOT NULL, currency text NOT NULL
);
"""
TABLES = ("shops_merchant", "shops_store", "shops_sale")

EVERY_SCOPE = {
    ScopeKind.PLATFORM: "platform_id",
    ScopeKind.MERCHANT: "merchant_id",
    ScopeKind.STORE: "store_id",
}
ABOUT_MERCHANTS = {ScopeKind.PLATFORM: "platform_id", ScopeKind.MERCHANT: "merchant_id"}

SALES = Source(
    code="shops.sales",
    sql="""
        SELECT {scope} AS scope, bucket, currency, count(*) AS sales, sum(amount_minor) AS revenue
        FROM shops_sale JOIN bucket ON at >= start_at AND at < end_at
        WHERE platform_id = :platform_id AND {scope} = ANY (:scopes)
        GROUP BY 1, 2, 3
    """,
    scopes=EVERY_SCOPE,
    doc="Sales by the instant they were paid.",
)
BUYERS = Source(
    code="shops.buyers",
    sql="""
        WITH seen AS (
            SELECT DISTINCT {scope} AS scope, bucket, buyer_id
            FROM shops_sale JOIN bucket ON at >= start_at AND at < end_at
            WHERE {scope} = ANY (CAST(:scopes AS bigint[]))
        )
        SELECT scope, bucket, count(*) AS buyers FROM seen GROUP BY 1, 2;
    """,
    scopes=EVERY_SCOPE,
)
STORES = Source(
    code="shops.stores",
    sql="""
        SELECT {scope} AS scope, bucket, count(*) AS stores
        FROM shops_store JOIN bucket ON opened_at < end_at
        WHERE platform_id = :platform_id AND {scope} = ANY (:scopes)
        GROUP BY 1, 2
    """,
    scopes=ABOUT_MERCHANTS,
)


def metric(key: str, unit: Unit, fold: Fold, **more: Any) -> Metric:
    what = key.partition(".")[2].replace("_", " ")
    return Metric(
        key=key, label=what.capitalize(), description=f"How many {what}.", unit=unit, fold=fold, **more
    )


OVER_MERCHANTS = frozenset(ABOUT_MERCHANTS)
SHOPS = (
    metric("shops.sales", Unit.COUNT, Fold.SUM, source=SALES, column="sales", category="sales"),
    metric("shops.revenue", Unit.MONEY, Fold.SUM, source=SALES, column="revenue", category="sales"),
    metric(
        "shops.buyers",
        Unit.COUNT,
        Fold.DISTINCT,
        source=BUYERS,
        column="buyers",
        additive_over_scopes=False,
    ),
    metric("shops.stores", Unit.COUNT, Fold.LAST, source=STORES, column="stores", scopes=OVER_MERCHANTS),
    metric(
        "shops.average_sale",
        Unit.MONEY,
        Fold.RATIO,
        num="shops.revenue",
        den="shops.sales",
        null_when="nothing was sold",
        category="sales",
    ),
    metric(
        "shops.sales_per_store",
        Unit.COUNT,
        Fold.RATIO,
        num="shops.sales",
        den="shops.stores",
        null_when="there is no store",
        scopes=OVER_MERCHANTS,
    ),
)
ONE = dict.fromkeys(ScopeKind, "unnest(CAST(:scopes AS bigint[]))")
TILLS = Source("tills.tills", "SELECT {scope} AS scope, bucket, 3 AS tills FROM bucket", ONE)
FAULTY = Source(
    "faulty.nothing", "SELECT {scope} AS scope, bucket, 1 / (bucket - bucket) AS n FROM bucket", ONE
)
LACKING = Source("faulty.lacking", "SELECT {scope} AS scope, bucket, 1 AS other FROM bucket", ONE)
UNBOUND = Source("faulty.unbound", "SELECT {scope} AS scope, bucket, :nobody AS n FROM bucket", ONE)
VAULT = Source("vault.vault", "SELECT {scope} AS scope, bucket, 5 AS keys FROM bucket", ONE)

graph = ModuleGraph("shops", __name__)


@strawberry.type(description="A merchant.")
class Merchant:
    id: strawberry.Private[int]

    @batched(description="Its numbers.")
    @staticmethod
    async def metrics(
        parents: Sequence["Merchant"],
        info: Info,
        context: Annotated[MetricsContextInput | None, strawberry.argument(description="When.")] = None,
    ) -> Sequence[MerchantMetrics | None]:
        return await metrics_of(info, ScopeKind.MERCHANT, [parent.id for parent in parents], context)


@strawberry.type(description="A platform.")
class Platform:
    id: strawberry.Private[int]
    code: str = strawberry.field(description="Its code.")


@graph.query
class ShopsQuery:
    @query_field(description="All merchants.", signed_in=True, list_size=10)
    async def merchants(self, info: Info) -> list[Merchant]:
        ids = await info.context.session.execute(text("SELECT id FROM shops_merchant ORDER BY id"))
        return [Merchant(id=id_) for id_ in ids.scalars()]

    @query_field(description="A platform, this one or another.", signed_in=True)
    async def platform(
        self, info: Info, other: Annotated[bool, strawberry.argument(description="Another.")] = False
    ) -> Platform:
        found = info.context.current_platform
        return Platform(id=found.id + other, code=found.code)


@strawberry.type(description="A place among the merchants.")
class Rank:
    place: int = strawberry.field(description="1 for the first.")


@graph.extend(MerchantMetrics)
class MerchantRank:
    """What a module adds beside numbers of its own."""

    @field(description="Its place.")
    def rank(self) -> Rank:
        return Rank(place=1)

    @field(description="How many there are to be placed.")
    def ranked(self) -> int:
        return 3


class Shops:
    """Knows the merchants and stores of the sample tables."""

    async def grants(self, session: Session, platform_id: int, user_id: int) -> Sequence[Grant]:
        return []

    async def reachable(self, scope: Scope, kind: ScopeKind, ids: Collection[int]) -> set[int]:
        if kind is ScopeKind.MERCHANT:
            sql = "SELECT id, id AS merchant_id FROM shops_merchant WHERE id = ANY (CAST(:ids AS bigint[]))"
        else:
            sql = "SELECT id, merchant_id FROM shops_store WHERE id = ANY (CAST(:ids AS bigint[]))"
        rows = (await scope.session.execute(text(sql), {"ids": list(ids)})).all()
        caller = scope.caller
        return {
            row.id
            for row in rows
            if caller.sees_everything
            or row.merchant_id in (caller.merchant_ids or ())
            or (kind is ScopeKind.STORE and row.id in caller.store_ids)
        }


def module(code: str, metrics: tuple[Metric, ...], **more: Any) -> ModuleDefinition:
    return ModuleDefinition(
        code=code, name=code.capitalize(), description=f"Sample {code}.", metrics=metrics, **more
    )


def definitions() -> tuple[ModuleDefinition, ...]:
    return (
        module("shops", SHOPS, is_core=True, graph=graph, directory=Shops(), package=__package__),
        module(
            "tills",
            (
                metric("tills.tills", Unit.COUNT, Fold.LAST, source=TILLS, column="tills"),
                metric(
                    "tills.revenue_per_till",
                    Unit.MONEY,
                    Fold.RATIO,
                    num="shops.revenue",
                    den="tills.tills",
                    null_when="there is no till",
                    polarity=Polarity.NEUTRAL,
                ),
            ),
            requires=("shops",),
        ),
        module(
            "faulty",
            (
                metric("faulty.nothing", Unit.COUNT, Fold.SUM, source=FAULTY, column="n"),
                metric("faulty.lacking", Unit.COUNT, Fold.SUM, source=LACKING, column="n"),
                metric("faulty.unbound", Unit.COUNT, Fold.SUM, source=UNBOUND, column="n"),
            ),
        ),
        module(
            "vault",
            (metric("vault.keys", Unit.COUNT, Fold.LAST, source=VAULT, column="keys"),),
            is_internal=True,
        ),
    )


async def add_merchants(ctx: Context, first: int, count: int) -> list[int]:
    """Merchants with one store each, of the merchant's id; opened in 2020."""
    ids = list(range(first, first + count))
    for table, rest in (("shops_merchant", ""), ("shops_store", ", id, '2020-01-01Z'")):
        await ctx.session.execute(
            text(
                f"INSERT INTO {table} SELECT id, :platform_id{rest} FROM unnest(CAST(:ids AS bigint[])) AS id"
            ),
            {"platform_id": ctx.platform_id, "ids": ids},
        )
    return ids


async def sell(
    ctx: Context, merchant_id: int, at: str, minor: int, currency: str = "EUR", buyer: int = 1, store: int = 0
) -> None:
    await ctx.session.execute(
        text(
            "INSERT INTO shops_sale VALUES "
            "(:platform, :merchant, :store, CAST(CAST(:at AS text) AS timestamptz), :buyer, :minor, :currency)"
        ),
        {
            "platform": ctx.platform_id,
            "merchant": merchant_id,
            "store": store or merchant_id,
            "at": at,
            "buyer": buyer,
            "minor": minor,
            "currency": currency,
        },
    )
