"""Codes, versions and requirements of modules."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from server.contracts.module import ModuleDefinition
from server.platforms.problems import Problem

CODE = re.compile(r"[a-z][a-z0-9_]{1,39}")
NUMBER = r"(?:0|[1-9]\d*)"
PRE_RELEASE = rf"(?:{NUMBER}|\d*[a-zA-Z-][0-9a-zA-Z-]*)"
SEMANTIC_VERSION = re.compile(
    rf"{NUMBER}\.{NUMBER}\.{NUMBER}(?:-{PRE_RELEASE}(?:\.{PRE_RELEASE})*)?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?"
)
RESERVED = frozenset({"kernel", "module"})


def check_requirements(definitions: Sequence[ModuleDefinition]) -> Iterator[Problem]:
    """Unique well-formed codes and versions; requirements that exist, without circles, core on core only."""
    by_code = {definition.code: definition for definition in definitions}
    for code, count in Counter(definition.code for definition in definitions).items():
        if count > 1:
            yield Problem(code, "code", f"is declared by {count} modules; give each its own")
    for definition in definitions:
        yield from _form(definition)
        yield from _targets(definition, by_code)
    yield from _cycle(by_code)
    yield from _directories(definitions)


def closure(code: str, by_code: Mapping[str, ModuleDefinition]) -> frozenset[str]:
    """The module and all it requires, whatever is wrong with the requirements."""
    seen, stack = set[str](), [code]
    while stack:
        current = stack.pop()
        if current not in seen and current in by_code:
            seen.add(current)
            stack.extend(by_code[current].requires)
    return frozenset(seen)


def _form(definition: ModuleDefinition) -> Iterator[Problem]:
    if not CODE.fullmatch(definition.code) or definition.code in RESERVED:
        text = "cannot be used; take 2 to 40 of a-z, 0-9 and _, starting with a letter"
        yield Problem(definition.code, f"code {definition.code!r}", f"{text}, and not {sorted(RESERVED)}")
    if not SEMANTIC_VERSION.fullmatch(definition.version):
        text = "is not a semantic version; write it like 1.0.0"
        yield Problem(definition.code, f"version {definition.version!r}", text)
    if definition.is_core and definition.is_internal:
        yield Problem(definition.code, "is_core", "and is_internal exclude each other; choose one")


def _targets(definition: ModuleDefinition, by_code: Mapping[str, ModuleDefinition]) -> Iterator[Problem]:
    for required in definition.requires:
        name = f"requires {required!r}"
        target = by_code.get(required)
        if target is None:
            yield Problem(definition.code, name, "names no installed module; install it or drop the name")
        elif definition.is_core and not target.is_core:
            text = f"makes a core module depend on an optional one; make {required} core or drop the name"
            yield Problem(definition.code, name, text)


def _cycle(by_code: Mapping[str, ModuleDefinition]) -> Iterator[Problem]:
    graph = {code: [r for r in d.requires if r in by_code] for code, d in sorted(by_code.items())}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = list(reversed(error.args[1]))
        text = f"goes in a circle: {' → '.join(circle)}; remove one of these requirements"
        yield Problem(circle[0], "requires", text)


def _directories(definitions: Sequence[ModuleDefinition]) -> Iterator[Problem]:
    owners = [definition for definition in definitions if definition.directory is not None]
    if not owners:
        yield Problem("kernel", "directory", "is declared by no module; one core module must provide it")
    for extra in owners[1:]:
        text = f"is already provided by {owners[0].code}; only one module may"
        yield Problem(extra.code, "directory", text)
    for owner in owners:
        if not owner.is_core:
            yield Problem(owner.code, "directory", "must come from a core module; set is_core=True")
