"""Made-up modules, as many as a large installation has, to measure views on."""

from __future__ import annotations

import random
from itertools import combinations
from typing import Any, cast

import strawberry

from server.auth.audience import ADMINS, Audience
from server.composition import ComposedSchema
from server.composition.composer import Composer
from server.composition.parts import ComposedModule
from server.contracts.directory import Directory
from server.contracts.module import ModuleDefinition
from server.graphql.fields import mutation_field, query_field
from server.graphql.graph import ModuleGraph
from server.platforms.registry import Registry

MODULES, TYPES, FIELDS = 12, 12, 8
CODES = ("base", *(f"module{number:02d}" for number in range(1, MODULES)))
SMALL_QUERY = "{ baseThings { field0 field1 inner { field0 inner { field2 } } } }"


def composed() -> ComposedSchema:
    """A schema of a dozen modules, each with a dozen types of eight fields and a root field.

    One mutation is for administrators and one for operators, as in the real schema, so a set of modules has three
    views.
    """
    base = _graph("base")
    _limited_mutation(base, "administer", ADMINS)
    _limited_mutation(base, "operate", frozenset({Audience.OPERATOR}))
    parts = [ComposedModule("base", "synthetic.base", base)]
    parts += [ComposedModule(code, f"synthetic.{code}", _graph(code), ("base",)) for code in CODES[1:]]
    return Composer(parts).compose()


def registry() -> Registry:
    """The same modules as declarations without a schema; nobody asks their directory anything."""
    directory = cast(Directory, object())
    base = ModuleDefinition(
        code="base", name="Base", description="What others require.", is_core=True, directory=directory
    )
    others = [
        ModuleDefinition(code=code, name=code.title(), description="Optional.", requires=("base",))
        for code in CODES[1:]
    ]
    return Registry([base, *others])


def module_sets(count: int) -> list[frozenset[str]]:
    """`count` different sets, always the same ones, each with the base."""
    every = [
        frozenset({"base", *chosen}) for size in range(MODULES) for chosen in combinations(CODES[1:], size)
    ]
    return random.Random(1).sample(every, count)


def _graph(code: str) -> ModuleGraph:
    graph = ModuleGraph(code, f"synthetic.{code}")
    title = code.title()
    previous: Any = str
    for number in range(TYPES):
        previous = _type(f"{title}Thing{number}", previous)
        graph.own(previous)
    answer = previous

    def resolver() -> Any:
        return answer()

    resolver.__annotations__ = {"return": answer}
    field = query_field(description="Things.", signed_in=True)(resolver)
    graph.query(type(f"{title}Query", (), {"__module__": __name__, f"{code}_things": field}))
    return graph


def _type(name: str, inner: Any) -> Any:
    fields: dict[str, Any] = {f"field_{n}": str for n in range(FIELDS - 1)} | {"inner": inner}
    namespace: dict[str, Any] = {"__annotations__": fields, "__module__": __name__}
    for key, kind in fields.items():
        namespace[key] = strawberry.field(description="A field.", default_factory=kind)
    return strawberry.type(type(name, (), namespace), description="A type.")


def _limited_mutation(graph: ModuleGraph, name: str, audience: frozenset[Audience]) -> None:
    def resolver() -> str:
        return ""

    field = mutation_field(description="Does something.", signed_in=True)(resolver)
    source = type(f"{name.title()}Mutation", (), {"__module__": __name__, name: field})
    graph.mutation(audience=audience)(source)
