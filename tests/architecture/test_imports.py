from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from importlib import import_module

import pytest

from tests.architecture.sources import ROOT, imports, module_codes, trees


def test_go_down_the_layers_only() -> None:
    # In a process of its own: it configures logging, which disables all loggers that are there.
    lint = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", lint, "--config", str(ROOT / "pyproject.toml"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_form_no_circle() -> None:
    graph = imports()
    order = TopologicalSorter(
        {module: graph.find_modules_directly_imported_by(module) - {module} for module in graph.modules}
    )

    try:
        order.prepare()
    except CycleError as error:
        pytest.fail("These import each other in a circle: " + " <- ".join(error.args[1]))


def test_reach_another_module_through_its_api_and_only_if_it_is_required() -> None:
    graph = imports()
    requires = {code: set(import_module(f"modules.{code}.module").module.requires) for code in module_codes()}
    problems = []

    for importer in sorted(graph.find_descendants("modules")):
        for imported in sorted(graph.find_modules_directly_imported_by(importer)):
            if not imported.startswith("modules."):
                continue
            (code, part), (other, other_part) = _split(importer), _split(imported)
            if other == code:
                continue
            if other_part != "api" and not part == other_part == "testing":
                problems.append(f"{importer} imports {imported}; use modules.{other}.api")
            if other not in requires.get(code, ()):
                problems.append(f"{importer} imports {imported}; add {other!r} to requires of {code}")

    assert problems == []


def test_stand_at_the_top_of_the_file() -> None:
    problems = [
        f"{path}:{node.lineno} imports inside {function.name}"
        for folder in ("server", "modules")
        for path, tree in trees(folder).items()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]

    assert problems == []


def _split(name: str) -> tuple[str, str]:
    """Module code and the file or folder in it: `modules.sample.api.orders` gives `sample`, `api`."""
    _, code, part, *_ = [*name.split("."), ""]
    return code, part
