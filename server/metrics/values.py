"""Values of metrics made from what sources answered. Lists of them are long, so the common case is short."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

_DIRECTIONS = {None: None} | {direction: MetricTrend[direction.name] for direction in Trend}
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
    common = {**_constants_of(metric), "ctx": ctx, "partial": windows.partial, "as_of": windows.current.end}
    make = _counts if is_count(metric) else _measures
    try:
        return make(ctx, catalogue, metric, found, scope_ids, windows, common, with_trend=with_trend)
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
            "current": None,
            "currency": None,
            "value": None,
            **_NO_TREND,
        }
    return found


def _counts(
    ctx: Context,
    catalogue: Catalogue,
    metric: Metric,
    found: Sequence[Found],
    scope_ids: Sequence[int],
    windows: Windows,
    common: dict[str, Any],
    *,
    with_trend: bool,
) -> list[Value]:
    """Counts: whole numbers of one column, whatever their currency. There may be hundreds, so each costs little."""
    rows, buckets = found[0].rows, found[0].buckets
    new, place = object.__new__, rows.places[catalogue.columns(metric)[0].name]
    current = rows.counts(scope_ids, buckets[windows.current], place)
    values: list[Value] = []
    if not with_trend:
        for now in current:
            members = common.copy()
            members["value"] = now
            value = new(MetricValue)
            value.__dict__ = members
            values.append(value)
        return values
    for now, before in zip(current, rows.counts(scope_ids, buckets[windows.comparison], place), strict=True):
        members = common.copy()
        members["value"], members["previous_value"] = now, before
        _add_trend(members, percent(now, before))
        values.append(_value(members))
    return values


def _measures(
    ctx: Context,
    catalogue: Catalogue,
    metric: Metric,
    found: Sequence[Found],
    scope_ids: Sequence[int],
    windows: Windows,
    common: dict[str, Any],
    *,
    with_trend: bool,
) -> list[Value]:
    """Money and ratios."""
    measure = _measuring(catalogue, metric, found, ctx.current_platform.currency)
    values: list[Value] = []
    for scope_id in scope_ids:
        current = measure(scope_id, windows.current)
        members = common | {"current": current, "currency": currency_of(current), "value": scalar(current)}
        if with_trend:
            previous = measure(scope_id, windows.comparison)
            members["previous_value"] = scalar(previous)
            _add_trend(members, change(current, previous))
        values.append(_value(members))
    return values


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


def _add_trend(members: dict[str, Any], change_in_percent: float | None) -> None:
    if change_in_percent is not None:
        members["trend_value"] = change_in_percent
        members["trend"] = _DIRECTIONS[trend(change_in_percent)]
