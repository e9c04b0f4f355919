"""The numbers of one merchant, store or platform, before any of them is read."""

from asyncio import gather
from collections.abc import Sequence
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


def asked(
    ctx: Context, kind: ScopeKind, scope_ids: Sequence[int], context: MetricsContextInput | None
) -> list[Asked]:
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
    return [Asked(kind, scope_id, chosen, given.include_trends is not False) for scope_id in scope_ids]


async def read(info: Info, abouts: Sequence[Asked], metric: Metric) -> list[MetricValue | MetricUnavailable]:
    """The metric's value about each; its trend only when the operation asks for it below this field.

    A failure stands in the place of a value. What is asked for together is read together (see `load`).
    """
    wants_trend = selects(info, TREND_FIELDS)
    values: dict[int, MetricValue | MetricUnavailable] = {}
    groups: dict[tuple[ScopeKind, int, bool], list[int]] = {}
    for place, about in enumerate(abouts):
        # Numbers asked for together hold the same windows; others may share a statement, not a group.
        with_trend = about.include_trends and wants_trend
        groups.setdefault((about.kind, id(about.windows), with_trend), []).append(place)
    for found in await gather(
        *(_read_group(info.context, abouts, group, metric) for group in groups.items())
    ):
        values.update(found)
    return [values[place] for place in range(len(abouts))]


async def _read_group(
    ctx: Context,
    abouts: Sequence[Asked],
    group: tuple[tuple[ScopeKind, int, bool], list[int]],
    metric: Metric,
) -> dict[int, MetricValue | MetricUnavailable]:
    (kind, _, with_trend), places = group
    windows = abouts[places[0]].windows
    chosen = [windows.current, windows.comparison] if with_trend else [windows.current]
    scope_ids = [abouts[place].scope_id for place in places]
    loaded = await load(ctx, catalogue_of(ctx), metric, kind, scope_ids, chosen)
    return {
        place: found if isinstance(found, MetricUnavailable) else metric_value(metric, windows, found)
        for place, found in zip(places, loaded, strict=True)
    }


async def read_all(
    info: Info, abouts: Sequence[Asked], categories: Sequence[str] | None
) -> list[list[MetricValue | MetricUnavailable]]:
    """For each the values of every metric the caller can see about it; a failure stands in a value's place."""
    catalogue = catalogue_of(info.context)
    kinds = {about.kind for about in abouts}
    metrics = [
        metric
        for metric in catalogue.visible(info.context)
        if kinds <= catalogue.scopes(metric) and (categories is None or metric.category in categories)
    ]
    columns = await gather(*(read(info, abouts, metric) for metric in metrics))
    return [[column[place] for column in columns] for place in range(len(abouts))]


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
