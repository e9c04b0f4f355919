from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.architecture.sources import module_codes, trees


def test_in_identifiers_and_strings() -> None:
    codes = set(module_codes())

    problems = [
        f"{path}:{line} says {word!r}"
        for path, tree in trees("server").items()
        for line, text in _texts(tree)
        for word in sorted(codes & _words(text))
    ]

    assert problems == []


def _texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 1)
        match node:
            case ast.Constant(value=str(text)):
                yield line, text
            case ast.Name(id=text) | ast.Attribute(attr=text) | ast.arg(arg=text):
                yield line, text
            case ast.FunctionDef(name=text) | ast.AsyncFunctionDef(name=text) | ast.ClassDef(name=text):
                yield line, text
            case ast.keyword(arg=str(text)) | ast.alias(name=text):
                yield line, text
            case ast.ImportFrom(module=str(text)):
                yield line, text


def _words(text: str) -> set[str]:
    """`total_stores`, `totalStores` and `Total stores` all give total and stores."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", text)}
