"""The numbers of one merchant, store or platform, before any of them is read."""

from asyncio import gather
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from server.context import Context
from server.contracts.metrics import Metric, ScopeKind
from server.errors import NotFound
from server.graphql.completed import Completed
from server.graphql.ids import global_id
from server.graphql.info import Info
from server.metrics.ahead import Template, filled
from server.metrics.catalogue import Catalogue
from server.metrics.errors import MetricUnavailable
from server.metrics.graphql_types import MetricComparison, MetricsContextInput
from server.metrics.loader import Wanted, numbers_of
from server.metrics.lookahead import TREND_FIELDS, selects
from server.metrics.permissions import VIEW, VIEW_PLATFORM
from server.metrics.services import catalogue_of, directory_of, known_scopes_of
from server.metrics.values import Value, metric_values
from server.metrics.windows import Comparison, Period, Windows, windows


@dataclass(slots=True, eq=False)
class Stretch:
    """When, and whether trends may be computed: the same for all that are asked about together."""

    kind: ScopeKind
    windows: Windows
    include_trends: bool


@dataclass(slots=True, eq=False)
class Asked:
    """What about, and when."""

    scope_id: int
    stretch: Stretch


def stretch_of(ctx: Context, kind: ScopeKind, context: MetricsContextInput | None) -> Stretch:
    """Raises `BadUserInput` for a stretch of time that does not make sense."""
    now, zone = ctx.asked_at, ctx.current_platform.zone
    if context is None:
        return Stretch(kind, windows(now=now, zone=zone), True)

    chosen = windows(
        now=now,
        zone=zone,
        period=Period[context.period.name] if context.period else None,
        date_from=context.date_from,
        date_to=context.date_to,
        compare=Comparison[(context.compare or MetricComparison.PREVIOUS_PERIOD).name],
    )
    return Stretch(kind, chosen, context.include_trends is not False)


async def read(info: Info, abouts: Sequence[Asked], metric: Metric) -> list[Value]:
    """The metric's value about each; its trend only when the operation asks for it below this field.

    A failure stands in the place of a value. What is asked for together is read together (see `Numbers`).
    """
    (column,) = await _read(info, abouts, (metric,))
    return column


async def complete(
    info: Info, template: Template, stretch: Stretch, scope_ids: Sequence[int]
) -> list[Completed] | None:
    """What the operation selects of the numbers of each scope; None when one cannot be computed."""
    ctx: Context = info.context
    abouts = [Asked(scope_id, stretch) for scope_id in scope_ids]
    catalogue, values = catalogue_of(ctx), dict[str, list[Any]]()

    async def about(metrics: dict[str, Metric], wants_trend: bool) -> None:
        answers = await _about(ctx, catalogue, list(metrics.values()), stretch, abouts, wants_trend)
        values.update(zip(metrics, answers, strict=True))

    if template.with_trend and template.without_trend:
        await gather(about(template.with_trend, True), about(template.without_trend, False))
    else:
        await about(template.with_trend or template.without_trend, bool(template.with_trend))
    if any(isinstance(column[0], MetricUnavailable) for column in values.values()):
        return None
    return filled(template, scope_ids, values)


async def read_all(
    info: Info, abouts: Sequence[Asked], categories: Sequence[str] | None
) -> list[list[Value]]:
    """For each the values of every metric the caller can see about it; a failure stands in a value's place."""
    catalogue = catalogue_of(info.context)
    kinds = {about.stretch.kind for about in abouts}
    metrics = [
        metric
        for metric in catalogue.visible(info.context)
        if kinds <= catalogue.scopes(metric) and (categories is None or metric.category in categories)
    ]
    columns = await _read(info, abouts, metrics)
    return [[column[place] for column in columns] for place in range(len(abouts))]


async def _read(info: Info, abouts: Sequence[Asked], metrics: Sequence[Metric]) -> list[list[Value]]:
    """For each metric its values about each."""
    if not metrics:
        return []
    ctx: Context = info.context
    catalogue = catalogue_of(ctx)
    wants_trend = selects(info, TREND_FIELDS)
    stretches = {about.stretch for about in abouts}
    if len(stretches) == 1:
        return await _about(ctx, catalogue, metrics, stretches.pop(), abouts, wants_trend)
    groups = {
        stretch: [p for p, about in enumerate(abouts) if about.stretch is stretch] for stretch in stretches
    }
    answers = await gather(
        *(
            _about(ctx, catalogue, metrics, stretch, [abouts[place] for place in places], wants_trend)
            for stretch, places in groups.items()
        )
    )
    columns: list[list[Any]] = [[None] * len(abouts) for _ in metrics]
    for places, answer in zip(groups.values(), answers, strict=True):
        for column, values in zip(columns, answer, strict=True):
            for place, value in zip(places, values, strict=True):
                column[place] = value
    return columns


async def _about(
    ctx: Context,
    catalogue: Catalogue,
    metrics: Sequence[Metric],
    stretch: Stretch,
    abouts: Sequence[Asked],
    wants_trend: bool,
) -> list[list[Value]]:
    """The same, about one stretch of time."""
    windows = stretch.windows
    with_trend = wants_trend and stretch.include_trends
    scope_ids = tuple([about.scope_id for about in abouts])
    wanted = Wanted(
        tuple([column for metric in metrics for column in catalogue.columns(metric)]),
        stretch.kind,
        scope_ids,
        (windows.current, windows.comparison) if with_trend else (windows.current,),
    )
    found = iter(await numbers_of(ctx).load(wanted))
    return [
        metric_values(
            ctx,
            catalogue,
            metric,
            [next(found) for _ in catalogue.columns(metric)],
            scope_ids,
            windows,
            with_trend=with_trend,
        )
        for metric in metrics
    ]


def within_reach(ctx: Context, kind: ScopeKind, scope_ids: Sequence[int]) -> list[bool]:
    """Whether the caller may read the numbers of each of the scopes, which it can see.

    Whoever sees one store of a merchant sees the merchant's name, not its numbers. Raises `Forbidden` when it
    may read no numbers at all.
    """
    ctx.caller.require(VIEW_PLATFORM.code if kind is ScopeKind.PLATFORM else VIEW.code)
    if ctx.caller.sees_everything or kind is ScopeKind.STORE:
        return [True] * len(scope_ids)
    reached = () if kind is ScopeKind.PLATFORM else ctx.caller.merchant_ids or ()
    return [scope_id in reached for scope_id in scope_ids]


async def require_known(ctx: Context, kind: ScopeKind, scope_id: int) -> None:
    """Raise `NotFound` unless the caller can see the merchant or store; one look-up for all asked now."""
    known, about = known_scopes_of(ctx), (ctx.caller, ctx.platform_id, kind, scope_id)
    if known.has(*about):
        return
    batch = known_merchants if kind is ScopeKind.MERCHANT else known_stores
    if not await ctx.loader(batch).load(scope_id):
        name = kind.value.capitalize()
        raise NotFound(f"There is no {name} {global_id(name, scope_id)} that you can see.")
    if ctx.is_read_only:  # a change may be undone yet
        known.add(*about)


async def known_merchants(ctx: Context, ids: Sequence[int]) -> list[bool]:
    return await _known(ctx, ScopeKind.MERCHANT, ids)


async def known_stores(ctx: Context, ids: Sequence[int]) -> list[bool]:
    return await _known(ctx, ScopeKind.STORE, ids)


async def _known(ctx: Context, kind: ScopeKind, ids: Sequence[int]) -> list[bool]:
    found = await directory_of(ctx).reachable(ctx, kind, ids)
    return [id_ in found for id_ in ids]
