"""Writing the files of a new module: small, complete, and passing its own tests."""

from __future__ import annotations

import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

from server.errors import ConfigurationError
from server.platforms.checks.requirements import CODE, RESERVED

SUFFIX = ".txt"
NAME = "__code__"
"""What stands for the module's code in the names of templates."""


def write_module(code: str, folder: Path, *, tests: Path | None = None) -> list[Path]:
    """Write a module `code` into `folder` and its tests into `tests` (default: `tests/modules` beside `folder`).

    The module has one table, a list and a mutation over it, a metric, a permission for each, a menu item, a
    setting, texts in two languages and a migration. Returns the files written. Raises `ConfigurationError`
    when the code cannot be used or the module exists.
    """
    _check(code, folder)
    values = names(code, folder.resolve().name)
    templates = files("server.scaffold") / "templates"
    test_folder = (tests or folder.resolve().parent / "tests" / "modules") / code
    written = [
        *_write(templates / "module", folder / code, values),
        *_write(templates / "tests", test_folder, values),
    ]
    return sorted(written)


def names(code: str, package: str) -> dict[str, str]:
    """The code in the forms that templates use: `stock_alerts`, `StockAlerts`, `stockAlerts`, `Stock alerts`."""
    words = code.split("_")
    upper = "".join(word.capitalize() for word in words)
    return {
        "code": code,
        "upper": upper,
        "camel": upper[0].lower() + upper[1:],
        "code_upper": code.upper(),
        "title": code.replace("_", " ").capitalize(),
        "words": code.replace("_", " "),
        "package": f"{package}.{code}",
    }


def _check(code: str, folder: Path) -> None:
    if not CODE.fullmatch(code) or code in RESERVED or code.endswith("_") or "__" in code:
        raise ConfigurationError(
            f"{code!r} cannot be a module's code; take 2 to 40 of a-z, 0-9 and single _, starting with a letter."
        )
    if (folder / code).exists():
        raise ConfigurationError(f"{folder / code} exists already; choose another code or remove it first.")


def _write(source: Traversable, target: Path, values: dict[str, str]) -> list[Path]:
    written: list[Path] = []
    target.mkdir(parents=True, exist_ok=True)
    for entry in source.iterdir():
        if entry.is_dir():
            written += _write(entry, target / entry.name, values)
        elif entry.name.endswith(SUFFIX):
            path = target / re.sub(f"{NAME}", values["code"], entry.name.removesuffix(SUFFIX))
            path.write_text(Template(entry.read_text("utf-8")).substitute(values), "utf-8")
            written.append(path)
    return written
