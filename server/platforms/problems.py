"""Why an installation cannot start: every reason at once, each with the module and what to change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from server.errors import ConfigurationError


class Problem(NamedTuple):
    """One reason. `name` is what the module declares wrongly, `text` what is wrong and what to change."""

    module: str
    name: str
    text: str

    def __str__(self) -> str:
        return f"{self.module}: {self.name} {self.text}"


class RegistryError(ConfigurationError):
    """The modules do not fit together. `problems` are all reasons."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(dict.fromkeys(problems))
        lines = "\n".join(f"  - {problem}" for problem in self.problems)
        super().__init__(f"The modules cannot be used together:\n{lines}")
