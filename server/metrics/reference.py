"""The page of the documentation that lists all metrics; `python -m server.metrics.reference` writes it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from server.contracts.metrics import Fold, Metric, ScopeKind, Unit
from server.contracts.module import ModuleDefinition
from server.metrics.catalogue import Catalogue, formula
from server.platforms.installed import installed

PAGE = Path("docs/reference/metrics.md")
INTRODUCTION = """\
# Metrics

Generated from what the modules declare. How to read them is told in [Read metrics](../how-to/read-metrics.md),
how to add one in [Declare a metric](../how-to/declare-a-metric.md).

A metric is read for some scopes: the platform, a merchant, a store. *Over time* says how the days of a stretch
become one value: a **sum** of events, the **last** state, **distinct** things counted once, or a **ratio** of two
metrics that are folded first. Each value is exact: counts are whole numbers, money is kept in minor units and
never added over currencies.
"""
UNITS = {Unit.COUNT: "count", Unit.MONEY: "money", Unit.RATIO: "fraction"}


def render(definitions: Iterable[ModuleDefinition]) -> str:
    """The page, in Markdown: modules by code, metrics as declared."""
    modules = sorted(definitions, key=lambda definition: definition.code)
    catalogue = Catalogue(modules)
    parts = [INTRODUCTION]
    for module in modules:
        if module.metrics:
            parts.append(f"## {module.name}\n")
            parts += [_metric(metric, catalogue) for metric in module.metrics]
    return "\n".join(parts)


def _metric(metric: Metric, catalogue: Catalogue) -> str:
    kinds = [kind.value.lower() for kind in ScopeKind if kind in catalogue.scopes(metric)]
    facts = [
        f"- Field: {', '.join(f'`{_field(metric, kind)}`' for kind in kinds)}",
        f"- Unit: {_unit(metric)}; good news: {metric.polarity.value.lower()}; category: {metric.category}",
        f"- Over time: {metric.fold.value.lower()}; over scopes: {_over_scopes(metric)}",
    ]
    how = formula(metric)
    if how:
        facts.append(f"- Computed from: {f'`{how}`' if metric.fold is Fold.RATIO else how}")
    if metric.null_when:
        facts.append(f"- Null: {metric.null_when}")
    return f"### {metric.label}\n\n`{metric.key}`: {metric.description}\n\n" + "\n".join(facts) + "\n"


def _field(metric: Metric, kind: str) -> str:
    first, *rest = metric.name.split("_")
    name = first + "".join(word.capitalize() for word in rest)
    return f"{kind}Metrics {{ {metric.module} {{ {name} }} }}"


def _unit(metric: Metric) -> str:
    if metric.fold is Fold.RATIO and metric.unit is not Unit.RATIO:
        return f"{UNITS[metric.unit]} per thing"
    return UNITS[metric.unit]


def _over_scopes(metric: Metric) -> str:
    if metric.fold is Fold.RATIO:
        return "computed anew"
    return "sum" if metric.additive_over_scopes else "counted anew, never added"


if __name__ == "__main__":
    PAGE.write_text(render(installed().definitions), "utf-8")
