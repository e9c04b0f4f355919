"""Metrics: keys, sources, ratios."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from server.contracts.metrics import Fold, Metric, Source
from server.contracts.module import ModuleDefinition
from server.platforms.checks.names import WORD, dotted_key, unique
from server.platforms.checks.requirements import closure
from server.platforms.problems import Problem

CATEGORY = re.compile(WORD)
ICON = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


def check_metrics(definitions: Sequence[ModuleDefinition]) -> Iterator[Problem]:
    """Every metric can be computed: from a column of a source, or from two metrics that exist."""
    by_code = {definition.code: definition for definition in definitions}
    seen: dict[str, str] = {}
    metrics = {metric.key: metric for definition in definitions for metric in definition.metrics}
    for definition in definitions:
        sources: dict[str, Source] = {}
        reach = closure(definition.code, by_code)
        for metric in definition.metrics:
            yield from dotted_key(definition.code, "metric", metric.key)
            yield from unique(seen, definition.code, "metric", metric.key)
            yield from _presentation(definition.code, metric)
            if metric.fold is Fold.RATIO:
                yield from _ratio(definition.code, metric, metrics, reach)
            else:
                yield from _column(definition.code, metric, sources)


def _presentation(module: str, metric: Metric) -> Iterator[Problem]:
    name = f"metric {metric.key!r}"
    if not CATEGORY.fullmatch(metric.category):
        text = f"has the category {metric.category!r}; use a-z, 0-9 and _, starting with a letter"
        yield Problem(module, name, text)
    if not ICON.fullmatch(metric.icon):
        text = f"has the icon {metric.icon!r}; name it like 'user-plus': a-z and 0-9, words joined by -"
        yield Problem(module, name, text)


def _ratio(
    module: str, metric: Metric, metrics: Mapping[str, Metric], reach: frozenset[str]
) -> Iterator[Problem]:
    name = f"metric {metric.key!r}"
    if not metric.num or not metric.den:
        yield Problem(module, name, "is a ratio and lacks num= or den=; name the two metrics it divides")
    for part in filter(None, (metric.num, metric.den)):
        if part not in metrics:
            yield Problem(module, name, f"divides by way of {part!r}, which nobody declares; declare it")
        elif metrics[part].module not in reach:
            owner = metrics[part].module
            yield Problem(module, name, f"uses {part!r}; add {owner!r} to requires")
        elif metrics[part].fold is Fold.RATIO:
            yield Problem(module, name, f"uses {part!r}, itself a ratio; name a metric with a source")
    if not metric.null_when:
        text = "does not say in null_when= when it has no value; write it for its readers"
        yield Problem(module, name, text)


def _column(module: str, metric: Metric, sources: dict[str, Source]) -> Iterator[Problem]:
    name = f"metric {metric.key!r}"
    if metric.source is None or not metric.column:
        yield Problem(module, name, "lacks source= or column=; name the source and its column")
        return
    known = sources.setdefault(metric.source.code, metric.source)
    if known is not metric.source:
        yield Problem(module, name, f"has a second source called {known.code!r}; rename one of them")
    missing = metric.scopes - metric.source.scopes.keys()
    if missing:
        text = f"is declared for {_list(missing)}, which its source does not know; add them to its scopes="
        yield Problem(module, name, text)


def _list(words: frozenset[str]) -> str:
    return ", ".join(sorted(words))
