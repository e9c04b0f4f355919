"""Values of metrics made from what sources answered. Lists of them are long, so the common case is short."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from server.context import Context
from server.contracts.metrics import Metric
from server.metrics.catalogue import Catalogue
from server.metrics.errors import MetricUnavailable
from server.metrics.format import currency_of, scalar
from server.metrics.graphql_types import MetricPolarity, MetricTrend, MetricUnit, MetricValue
from server.metrics.loader import Found
from server.metrics.measure import Measured, Trend, change, is_count, measured, percent, trend
from server.metrics.windows import Window, Windows

Value: TypeAlias = MetricValue | MetricUnavailable

_DIRECTIONS = {direction: MetricTrend[direction.name] for direction in Trend}
_NO_TREND: dict[str, Any] = {"previous_value": None, "trend_value": None, "trend": None}
_constants: dict[int, dict[str, Any]] = {}
"""What values of a metric have in common, by the metric's identity; each holds its metric."""


def metric_values(
    ctx: Context,
    catalogue: Catalogue,
    metric: Metric,
    found: Sequence[Found],
    scope_ids: Sequence[int],
    windows: Windows,
    *,
    with_trend: bool,
) -> list[Value]:
    """A value for each scope from what its columns hold; a failure stands in the place of all."""
    common = {
        **_constants_of(metric),
        **_NO_TREND,
        "partial": windows.partial,
        "as_of": windows.current.end,
    }
    try:
        if is_count(metric):
            made = _counts(catalogue, metric, found[0], scope_ids, windows, with_trend=with_trend)
        else:
            made = _measures(ctx, catalogue, metric, found, scope_ids, windows, with_trend=with_trend)
        return [_value({**common, **own}) for own in made]
    except MetricUnavailable as failure:
        return [failure] * len(scope_ids)


def _value(members: dict[str, Any]) -> MetricValue:
    """A value with these members, without the call of a constructor with sixteen arguments."""
    value = object.__new__(MetricValue)
    value.__dict__ = members
    return value


def _constants_of(metric: Metric) -> dict[str, Any]:
    found = _constants.get(id(metric))
    if found is None:
        found = _constants[id(metric)] = {
            "metric": metric,
            "key": metric.key,
            "category": metric.category,
            "icon": metric.icon,
            "unit": MetricUnit[metric.unit.name],
            "polarity": MetricPolarity[metric.polarity.name],
        }
    return found


def _counts(
    catalogue: Catalogue,
    metric: Metric,
    found: Found,
    scope_ids: Sequence[int],
    windows: Windows,
    *,
    with_trend: bool,
) -> Iterator[dict[str, Any]]:
    """Counts: whole numbers of one column, whatever their currency."""
    rows, buckets = found.rows, found.buckets
    (column,) = catalogue.columns(metric)
    count, place, now = rows.count, rows.places[column.name], buckets[windows.current]
    if not with_trend:
        for scope_id in scope_ids:
            yield {"current": None, "currency": None, "value": count(scope_id, now, place)}
        return
    then = buckets[windows.comparison]
    for scope_id in scope_ids:
        value, before = count(scope_id, now, place), count(scope_id, then, place)
        yield {
            "current": None,
            "currency": None,
            "value": value,
            "previous_value": before,
            **_changed(percent(value, before)),
        }


def _measures(
    ctx: Context,
    catalogue: Catalogue,
    metric: Metric,
    found: Sequence[Found],
    scope_ids: Sequence[int],
    windows: Windows,
    *,
    with_trend: bool,
) -> Iterator[dict[str, Any]]:
    """Money and ratios."""
    measure = _measuring(catalogue, metric, found, ctx.current_platform.currency)
    for scope_id in scope_ids:
        current = measure(scope_id, windows.current)
        own = {"current": current, "currency": currency_of(current), "value": scalar(current)}
        if with_trend:
            previous = measure(scope_id, windows.comparison)
            own["previous_value"] = scalar(previous)
            own.update(_changed(change(current, previous)))
        yield own


def _measuring(
    catalogue: Catalogue, metric: Metric, found: Sequence[Found], currency: str
) -> Callable[[int, Window], Measured]:
    parts = catalogue.parts(metric)
    places = [
        (each.rows, each.buckets, column.name)
        for each, column in zip(found, catalogue.columns(metric), strict=True)
    ]

    def measure(scope_id: int, window: Window) -> Measured:
        totals = [rows.totals(scope_id, buckets[window], name) for rows, buckets, name in places]
        return measured(metric, parts, totals, currency)

    return measure


def _changed(change_in_percent: float | None) -> dict[str, Any]:
    direction = trend(change_in_percent)
    return {"trend_value": change_in_percent, "trend": _DIRECTIONS[direction] if direction else None}
