"""Numbers completed in one go: what an operation selects of them is known before any is read.

A dashboard selects some fields of some metrics of some modules, each under its key. That is a template, found once
for a place of a document; an answer is filled in from the values. Anything else that may be selected, such as
`values`, `amounts` or what a directive decides, takes the usual way from field to field.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from graphql import FieldNode, GraphQLObjectType, get_named_type

from server.contracts.metrics import Metric
from server.graphql.completed import Completed
from server.graphql.ids import global_id
from server.graphql.info import Info
from server.graphql.selections import Conditional, Fragments, response_key, selected
from server.metrics.catalogue import Catalogue
from server.metrics.graphql_types import MetricValue
from server.metrics.lookahead import TREND_FIELDS

Reader: TypeAlias = Callable[[MetricValue], Any]

READERS: dict[str, Reader] = {
    "key": lambda value: value.key,
    "label": lambda value: value.label,
    "description": lambda value: value.metric.description,
    "category": lambda value: value.category,
    "icon": lambda value: value.icon,
    "unit": lambda value: value.unit.name,
    "polarity": lambda value: value.polarity.name,
    "currency": lambda value: value.currency,
    "value": lambda value: value.value,
    "formatted": lambda value: value.formatted,
    "previousValue": lambda value: value.previous_value,
    "trendValue": lambda value: value.trend_value,
    "trend": lambda value: value.trend.name if value.trend is not None else None,
    "partial": lambda value: value.partial,
    "asOf": lambda value: value.as_of.isoformat(),
}
"""The plain fields of a value, as they are written."""
SCOPE_IDS = {"merchantId": "Merchant", "storeId": "Store", "platformId": "Platform"}
_TEMPLATE = "_facet_template"


class _More(Exception):
    """More is selected than a template has."""


@dataclass(frozen=True, slots=True)
class Card:
    """A metric, with the readers of what is selected of its value."""

    metric: Metric
    readers: tuple[tuple[str, Reader], ...]
    wants_trend: bool

    def read(self, value: MetricValue) -> dict[str, Any]:
        return {key: read(value) for key, read in self.readers}


@dataclass(frozen=True, slots=True)
class ScopeId:
    """The global id of what numbers are about."""

    kind: str


Module: TypeAlias = tuple[tuple[str, Card | str], ...]
"""Cards and typenames by their keys."""


@dataclass(frozen=True, slots=True)
class Template:
    """What is selected, by its keys and in their order; and the metrics it takes, by their keys."""

    members: tuple[tuple[str, Module | ScopeId | str], ...]
    with_trend: dict[str, Metric]
    without_trend: dict[str, Metric]


def template_of(info: Info, catalogue: Catalogue) -> Template | None:
    """The template of the field that `info` is of; None when it takes the usual way."""
    raw = info._raw_info
    if len(raw.field_nodes) != 1:
        return None
    kept = raw.field_nodes[0].__dict__.setdefault(_TEMPLATE, {})
    type_ = cast(GraphQLObjectType, get_named_type(raw.return_type))
    if type_.name not in kept:
        try:
            kept[type_.name] = _template(raw.field_nodes[0], type_, raw.fragments, catalogue)
        except (_More, Conditional):
            kept[type_.name] = None
    found: Template | None = kept[type_.name]
    return found


def _template(
    node: FieldNode, type_: GraphQLObjectType, fragments: Fragments, catalogue: Catalogue
) -> Template:
    members: list[tuple[str, Module | ScopeId | str]] = []
    for field in _distinct(node, fragments):
        name, key = field.name.value, response_key(field)
        if name == "__typename":
            members.append((key, type_.name))
        elif name in SCOPE_IDS:
            members.append((key, ScopeId(SCOPE_IDS[name])))
        else:
            below = cast(GraphQLObjectType, get_named_type(type_.fields[name].type))
            members.append((key, _module(field, below, fragments, catalogue)))
    modules = [member for _, member in members if isinstance(member, tuple)]
    if not modules:
        raise _More
    cards = [card for module in modules for _, card in module if isinstance(card, Card)]
    with_trend = {card.metric.key: card.metric for card in cards if card.wants_trend}
    rest = {card.metric.key: card.metric for card in cards if card.metric.key not in with_trend}
    return Template(tuple(members), with_trend, rest)


def _module(node: FieldNode, type_: GraphQLObjectType, fragments: Fragments, catalogue: Catalogue) -> Module:
    members: list[tuple[str, Card | str]] = []
    for field in _distinct(node, fragments):
        name = field.name.value
        metric = catalogue.of_field(node.name.value, name)
        if name == "__typename":
            members.append((response_key(field), type_.name))
        elif metric is None:
            raise _More
        else:
            below = cast(GraphQLObjectType, get_named_type(type_.fields[name].type))
            members.append((response_key(field), _card(field, metric, below, fragments)))
    if not any(isinstance(member, Card) for _, member in members):
        raise _More  # a field that some module adds, and that only looks like one of numbers
    return tuple(members)


def _card(node: FieldNode, metric: Metric, type_: GraphQLObjectType, fragments: Fragments) -> Card:
    leaves = [(response_key(leaf), leaf.name.value) for leaf in _distinct(node, fragments)]
    names = {name for _, name in leaves}
    readers = tuple((key, _reader(name, type_)) for key, name in leaves)
    return Card(metric, readers, not names.isdisjoint(TREND_FIELDS))


def _reader(name: str, type_: GraphQLObjectType) -> Reader:
    if name == "__typename":
        return lambda _: type_.name
    if name not in READERS:
        raise _More
    return READERS[name]


def _distinct(node: FieldNode, fragments: Fragments) -> list[FieldNode]:
    """The fields below, when each key is there once: several would have to be merged."""
    found = list(selected(node.selection_set, fragments, always=True))
    if len({response_key(field) for field in found}) != len(found):
        raise _More
    return found


def filled(
    template: Template, scope_ids: Sequence[int], values: Mapping[str, Sequence[MetricValue]]
) -> list[Completed]:
    """The answer for each scope, from values by the key of their metric."""
    answers = []
    for place, scope_id in enumerate(scope_ids):
        data: dict[str, Any] = {}
        for key, member in template.members:
            if isinstance(member, tuple):
                data[key] = {
                    own: card if isinstance(card, str) else card.read(values[card.metric.key][place])
                    for own, card in member
                }
            else:
                data[key] = member if isinstance(member, str) else global_id(member.kind, scope_id)
        answers.append(Completed(data))
    return answers
