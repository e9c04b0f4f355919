"""Finding modules: folders with a `module.py`, and installed packages with an entry point."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from importlib.metadata import EntryPoint
from importlib.metadata import entry_points as installed_entry_points
from importlib.util import find_spec
from pathlib import Path

from server.contracts.module import ModuleDefinition
from server.platforms.problems import Problem, RegistryError

NAMESPACE = "modules"
ENTRY_POINTS = "facet.modules"


def discover(
    folder: Path | None = None, *, namespace: str = NAMESPACE, entry_points: bool = True
) -> list[ModuleDefinition]:
    """The definitions of all modules, sorted by code, with `package` filled in.

    `folder` holds one package per module, imported as `<namespace>.<name>.module`; None is the folder of
    the package `namespace` itself. Raises `RegistryError` naming every module that cannot be imported.
    """
    found: list[ModuleDefinition] = []
    problems: list[Problem] = []
    loads = [*_in_folder(folder, namespace), *(_installed() if entry_points else ())]
    for name, load in loads:
        result = _attempt(name, load)
        if isinstance(result, Problem):
            problems.append(result)
        else:
            found.append(result)
    if problems:
        raise RegistryError(problems)
    return sorted(found, key=lambda definition: definition.code)


Load = Callable[[], tuple[object, str]]


def _in_folder(folder: Path | None, namespace: str) -> Iterator[tuple[str, Load]]:
    for root in [folder] if folder else _folders_of(namespace):
        for path in sorted(root.glob("*/module.py")):
            name = path.parent.name
            yield name, _loader_of_package(f"{namespace}.{name}")


def _folders_of(namespace: str) -> list[Path]:
    spec = find_spec(namespace)
    return [Path(place) for place in spec.submodule_search_locations or ()] if spec else []


def _loader_of_package(package: str) -> Load:
    def load() -> tuple[object, str]:
        return getattr(import_module(f"{package}.module"), "module", None), package

    return load


def _installed() -> Iterator[tuple[str, Load]]:
    for entry in sorted(installed_entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name):
        yield entry.name, _loader_of_entry(entry)


def _loader_of_entry(entry: EntryPoint) -> Load:
    def load() -> tuple[object, str]:
        return entry.load(), entry.module.rpartition(".")[0] or entry.module

    return load


def _attempt(name: str, load: Load) -> ModuleDefinition | Problem:
    try:
        declared, package = load()
    except Exception as error:
        return Problem(name, "module.py", f"cannot be imported: {_where(error)}")
    if not isinstance(declared, ModuleDefinition):
        return Problem(name, "module.py", "declares no `module = ModuleDefinition(...)`; add it")
    if declared.code != name:
        text = f"is declared in {name}; name the folder or entry point {declared.code}, or change the code"
        return Problem(name, f"code {declared.code!r}", text)
    return replace(declared, package=package)


def _where(error: Exception) -> str:
    """What happened, and the last line of our own or the module's code that led to it."""
    place = ""
    for frame in traceback.extract_tb(error.__traceback__):
        if not any(part in frame.filename for part in ("importlib", "site-packages")):
            place = f" ({Path(frame.filename).name}, line {frame.lineno})"
    return f"{type(error).__name__}: {error}{'' if isinstance(error, SyntaxError) else place}"
