"""The numbers of one merchant, store or platform, before any of them is read."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass

from server.context import Context
from server.contracts.metrics import Metric, ScopeKind
from server.errors import Forbidden, NotFound
from server.graphql.ids import global_id
from server.graphql.info import Info
from server.metrics.errors import MetricUnavailable
from server.metrics.graphql_types import MetricComparison, MetricsContextInput, MetricValue, metric_value
from server.metrics.loader import load
from server.metrics.lookahead import selects
from server.metrics.permissions import VIEW, VIEW_PLATFORM
from server.metrics.services import catalogue_of, directory_of
from server.metrics.windows import Comparison, Period, Windows, windows

TREND_FIELDS = frozenset({"trend", "trendValue", "previousValue"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What about, when, and whether trends may be computed."""

    kind: ScopeKind
    scope_id: int
    windows: Windows
    include_trends: bool


def asked(ctx: Context, kind: ScopeKind, scope_id: int, context: MetricsContextInput | None) -> Asked:
    """Raises `BadUserInput` for a stretch of time that does not make sense."""
    given = context or MetricsContextInput()
    chosen = windows(
        now=ctx.asked_at,
        zone=ctx.current_platform.zone,
        period=Period[given.period.name] if given.period else None,
        date_from=given.date_from,
        date_to=given.date_to,
        compare=Comparison[(given.compare or MetricComparison.PREVIOUS_PERIOD).name],
    )
    return Asked(kind, scope_id, chosen, given.include_trends is not False)


def read(info: Info, about: Asked, metric: Metric) -> Awaitable[MetricValue]:
    """The metric's value, its trend only when the operation asks for it below this field.

    It asks at once (see `load`); awaiting raises `MetricUnavailable`.
    """
    ctx = info.context
    chosen = [about.windows.current]
    if about.include_trends and selects(info, TREND_FIELDS):
        chosen.append(about.windows.comparison)
    loading = load(ctx, catalogue_of(ctx), metric, about.kind, about.scope_id, chosen)

    async def value() -> MetricValue:
        return metric_value(metric, about.windows, await loading)

    return value()


async def read_all(
    info: Info, about: Asked, categories: Sequence[str] | None
) -> list[MetricValue | MetricUnavailable]:
    """The values of every metric the caller can see about the scope; a failure stands in its place."""
    catalogue = catalogue_of(info.context)
    values = [
        read(info, about, metric)
        for metric in catalogue.visible(info.context)
        if about.kind in catalogue.scopes(metric) and (categories is None or metric.category in categories)
    ]
    return [await _or_failure(value) for value in values]


async def _or_failure(value: Awaitable[MetricValue]) -> MetricValue | MetricUnavailable:
    try:
        return await value
    except MetricUnavailable as failure:
        return failure


def require_reach(ctx: Context, kind: ScopeKind, scope_id: int) -> None:
    """Raise `Forbidden` unless the caller may read numbers of a scope it can see.

    Whoever sees one store of a merchant sees the merchant's name, not its numbers.
    """
    ctx.caller.require(VIEW_PLATFORM.code if kind is ScopeKind.PLATFORM else VIEW.code)
    if ctx.caller.sees_everything or kind is ScopeKind.STORE:
        return
    if kind is ScopeKind.PLATFORM or scope_id not in (ctx.caller.merchant_ids or ()):
        raise Forbidden("These numbers are about more than the stores you can see.")


async def require_known(ctx: Context, kind: ScopeKind, scope_id: int) -> None:
    """Raise `NotFound` unless the caller can see the merchant or store; one look-up for all asked now."""
    batch = known_merchants if kind is ScopeKind.MERCHANT else known_stores
    if not await ctx.loader(batch).load(scope_id):
        name = kind.value.capitalize()
        raise NotFound(f"There is no {name} {global_id(name, scope_id)} that you can see.")


async def known_merchants(ctx: Context, ids: Sequence[int]) -> list[bool]:
    return await _known(ctx, ScopeKind.MERCHANT, ids)


async def known_stores(ctx: Context, ids: Sequence[int]) -> list[bool]:
    return await _known(ctx, ScopeKind.STORE, ids)


async def _known(ctx: Context, kind: ScopeKind, ids: Sequence[int]) -> list[bool]:
    found = await directory_of(ctx).reachable(ctx, kind, ids)
    return [id_ in found for id_ in ids]
