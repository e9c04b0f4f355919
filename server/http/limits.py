"""The limits an operation must keep, and the errors that say which one it broke."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graphql import DocumentNode, FragmentDefinitionNode, GraphQLError, Node, OperationDefinitionNode

from server.errors import BadUserInput, QueryTooCostly
from server.http.measure import Measure, Meter, most_repeated

VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Per operation. Everything is counted with fragments written out where they are used."""

    body_bytes: int = 262_144
    body_seconds: float = 30.0
    characters: int = 65_536
    tokens: int = 1_500
    comments: int = 100
    depth: int = 12
    aliases: int = 30
    directives: int = 8
    root_fields: int = 20
    fields: int = 500
    repeats: int = 30
    introspection_depth: int = 20
    introspection_fields: int = 500
    introspection_aliases: int = 8
    page_size: int = 100
    list_items: int = 250
    input_depth: int = 32
    cost: int = 5_000


@dataclass(frozen=True, slots=True)
class _Rule:
    limit: str
    figure: str
    what: str
    advice: str


_RULES = (
    _Rule("depth", "depth", "nests fields {} deep", "ask for less at once or follow ids"),
    _Rule("aliases", "aliases", "uses {} aliases", "split it into several operations"),
    _Rule("directives", "directives", "uses {} directives", "leave fields out of the document instead"),
    _Rule("fields", "fields", "selects {} fields", "select only the fields you show"),
    _Rule("root_fields", "root_fields", "selects {} root fields", "split it into several operations"),
    _Rule("list_items", "list_items", "has a list of {} values", "send them in several requests"),
    _Rule(
        "introspection_depth",
        "introspection_depth",
        "nests introspection {} deep",
        "download /schema.graphql instead",
    ),
    _Rule(
        "introspection_fields",
        "introspection_fields",
        "selects {} introspection fields",
        "download /schema.graphql instead",
    ),
    _Rule(
        "introspection_aliases",
        "introspection_aliases",
        "uses {} aliases inside introspection",
        "remove them",
    ),
)


def too_costly(what: str, *, value: int, limit: int, advice: str, node: Node | None = None) -> GraphQLError:
    """An operation over a limit: the figure, the limit and what to do."""
    return GraphQLError(
        f"The operation {what}; the limit is {limit}. To stay below it, {advice}.",
        nodes=node,
        extensions={"code": QueryTooCostly.code, "actual": value, "limit": limit},
    )


def bad_input(message: str, node: Node | None = None, **details: Any) -> GraphQLError:
    """A value the caller has to change."""
    return GraphQLError(message, nodes=node, extensions={"code": BadUserInput.code, **details})


def invalid(message: str, node: Node | None = None) -> GraphQLError:
    """A document that breaks a rule of GraphQL itself."""
    return GraphQLError(message, nodes=node, extensions={"code": VALIDATION_FAILED})


def check_shape(document: DocumentNode, limits: Limits) -> list[GraphQLError]:
    """The limits that any operation of `document` breaks; independent of schema and variables."""
    meter = Meter(document)
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    broken = [error for o in operations for error in _broken(meter.operation(o), o, limits)]
    # What follows takes time for every field written out, so only for documents that are small.
    return (
        broken
        or _out_of_place(document, meter)
        or [error for o in operations for error in _repeated(document, o, limits)]
    )


def _out_of_place(document: DocumentNode, meter: Meter) -> list[GraphQLError]:
    """Fragments that validation would refuse as well, but only after looking hard at them."""
    if meter.cyclic:
        name = min(meter.cyclic)
        return [invalid(f"Fragment '{name}' contains itself; remove the spread that leads back to it.")]
    names = [d.name.value for d in document.definitions if isinstance(d, FragmentDefinitionNode)]
    repeated = sorted(name for name, count in Counter(names).items() if count > 1)
    if repeated:
        return [invalid(f"There are several fragments named '{repeated[0]}'; give each its own name.")]
    return [
        invalid(f"Fragment '{fragment.name.value}' is never used; remove it.", fragment)
        for fragment in meter.unused()[:1]
    ]


def _repeated(
    document: DocumentNode, operation: OperationDefinitionNode, limits: Limits
) -> list[GraphQLError]:
    count = most_repeated(document, operation)
    if count <= limits.repeats:
        return []
    what, advice = f"selects one field {count} times", "select it once"
    return [too_costly(what, value=count, limit=limits.repeats, advice=advice, node=operation)]


def _broken(measure: Measure, operation: OperationDefinitionNode, limits: Limits) -> Sequence[GraphQLError]:
    if measure.tangled:
        return [
            too_costly(
                "nests its fragments too deeply",
                value=measure.depth,
                limit=limits.depth,
                advice="write the selections out",
                node=operation,
            )
        ]
    broken = []
    for rule in _RULES:
        value, limit = getattr(measure, rule.figure), getattr(limits, rule.limit)
        if value > limit:
            what = rule.what.format(value)
            node = measure.deepest if rule.figure == "depth" else operation
            broken.append(too_costly(what, value=value, limit=limit, advice=rule.advice, node=node))
    return broken


def check_variables(variables: dict[str, Any], limits: Limits) -> list[GraphQLError]:
    """Lists that are too long and values that nest too deeply, before anything converts them."""
    stack: list[tuple[str, Any, int]] = [(name, value, 0) for name, value in variables.items()]
    while stack:
        name, value, depth = stack.pop()
        if not isinstance(value, list | dict):
            continue
        if depth > limits.input_depth:
            return [
                bad_input(f"Variable ${name} nests deeper than {limits.input_depth}; send a flatter value.")
            ]
        if isinstance(value, list) and len(value) > limits.list_items:
            return [
                bad_input(
                    f"A list in variable ${name} has {len(value)} values; the limit is {limits.list_items}. "
                    "Send them in several requests.",
                    actual=len(value),
                    limit=limits.list_items,
                )
            ]
        children = value.values() if isinstance(value, dict) else value
        stack.extend((name, child, depth + 1) for child in children)
    return []
