"""Writes the source of a plan's functions and holds the objects it refers to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from server.executor.surprise import Unsupported

MOST_NESTED = 40
"""Steps of indentation; Python itself allows twenty loops inside each other."""


class Writer:
    """The lines of one function."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.depth = 0

    def __call__(self, line: str) -> None:
        self.lines.append("    " * self.depth + line)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """The lines written inside belong to `head`."""
        if self.depth > MOST_NESTED:
            raise Unsupported("nested too deeply")
        self(head)
        self.depth += 1
        yield
        self.depth -= 1


class Program:
    """Functions and the names they see. No text of a client gets in but names and constants that it wrote out."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names
        self._functions: list[str] = []
        self._count = 0

    def fresh(self, prefix: str) -> str:
        """A name nothing else has."""
        self._count += 1
        return f"{prefix}{self._count}"

    def constant(self, prefix: str, value: Any) -> str:
        """A name for `value`."""
        name = self.fresh(prefix)
        self.names[name] = value
        return name

    def add(self, writer: Writer) -> None:
        self._functions.append("\n".join(writer.lines))

    @property
    def source(self) -> str:
        return "\n\n".join(self._functions)

    def load(self) -> dict[str, Any]:
        """Run the definitions; the names with the functions among them."""
        try:
            exec(compile(self.source, "<plan>", "exec"), self.names)  # noqa: S102  # see the class
        except (SyntaxError, RecursionError, MemoryError) as error:
            raise Unsupported("too large") from error
        return self.names
