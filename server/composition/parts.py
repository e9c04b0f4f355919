"""What the composer receives: one part per module, plus the kernel's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from server.graphql.graph import ModuleGraph

KERNEL = "kernel"


@dataclass(frozen=True, slots=True)
class ComposedModule:
    """A module as the composer sees it. Parts with the code `kernel` are always visible."""

    code: str
    package: str
    graph: ModuleGraph
    requires: tuple[str, ...] = ()
    is_internal: bool = False


class Problem(NamedTuple):
    """One reason why the modules do not make a schema."""

    module: str
    name: str
    text: str

    def __str__(self) -> str:
        return f"{self.module}: {self.name} {self.text}"


class CompositionError(Exception):
    """The modules do not make a schema. `problems` are all reasons, each saying what to change."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(dict.fromkeys(problems))
        lines = "\n".join(f"  - {problem}" for problem in self.problems)
        super().__init__(f"The schema cannot be composed:\n{lines}")
