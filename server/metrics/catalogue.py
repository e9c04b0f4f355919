"""Every declared metric, with what it takes to compute it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from strawberry.utils.str_converters import to_camel_case

from server.auth.audience import ADMINS
from server.context import Context
from server.contracts.metrics import Fold, Metric, ScopeKind, Source
from server.contracts.module import ModuleDefinition


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a source, which several metrics may read."""

    source: Source
    name: str


class Catalogue:
    """The metrics of modules whose declarations the registry has accepted, in the order of declaration."""

    def __init__(self, definitions: Iterable[ModuleDefinition]) -> None:
        definitions = tuple(definitions)
        self.metrics = {m.key: m for definition in definitions for m in definition.metrics}
        self._internal = frozenset(definition.code for definition in definitions if definition.is_internal)
        self._parts = {key: self._parts_of(metric) for key, metric in self.metrics.items()}
        self._columns = {key: _columns_of(parts) for key, parts in self._parts.items()}
        self._scopes = {metric.key: self._scopes_of(metric) for metric in self.metrics.values()}
        self._by_field = {(to_camel_case(m.module), to_camel_case(m.name)): m for m in self.metrics.values()}

    def _scopes_of(self, metric: Metric) -> frozenset[ScopeKind]:
        return metric.scopes.intersection(*(column.source.scopes for column in self.columns(metric)))

    def _parts_of(self, metric: Metric) -> tuple[Metric, ...]:
        if metric.fold is not Fold.RATIO:
            return (metric,)
        return tuple(self.metrics[key] for key in (metric.num, metric.den) if key)

    def parts(self, metric: Metric) -> tuple[Metric, ...]:
        """The metrics a value is made of: numerator and denominator of a ratio, else the metric itself."""
        return self._parts[metric.key]

    def columns(self, metric: Metric) -> tuple[Column, ...]:
        """Where the parts of a metric are read, one column for each."""
        return self._columns[metric.key]

    def scopes(self, metric: Metric) -> frozenset[ScopeKind]:
        """What the metric can be about: the declared scopes that all its sources know."""
        return self._scopes[metric.key]

    def of_field(self, module: str, name: str) -> Metric | None:
        """The metric of a field of the schema, such as `orders` below a module's."""
        return self._by_field.get((module, name))

    def visible(self, ctx: Context) -> Sequence[Metric]:
        """The metrics of enabled modules; those of internal modules for administrators only."""
        hidden = frozenset() if ctx.caller.audience in ADMINS else self._internal
        return [m for m in self.metrics.values() if m.module in ctx.modules and m.module not in hidden]


def _columns_of(parts: Iterable[Metric]) -> tuple[Column, ...]:
    return tuple(Column(part.source, part.column) for part in parts if part.source and part.column)


def formula(metric: Metric) -> str | None:
    """The two metrics a ratio divides, or how the source counts."""
    if metric.fold is Fold.RATIO:
        return f"{metric.num} / {metric.den}"
    return (metric.source.doc if metric.source else None) or None
