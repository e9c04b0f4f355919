"""Finding modules."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from server.platforms import discovery
from server.platforms.discovery import discover
from server.platforms.problems import RegistryError
from server.platforms.registry import Registry

SAMPLE = Path(__file__).parent / "sample"
GOOD = """
from server.contracts.module import ModuleDefinition
module = ModuleDefinition(code="{code}", name="Name", description="What it does.")
"""


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).mkdir(parents=True)
    (folder / name / "__init__.py").touch()
    (folder / name / "module.py").write_text(text)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty package for modules, gone from `sys.modules` afterwards."""
    package = tmp_path / f"found_{tmp_path.name.replace('-', '_')}"
    package.mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    return package


def discover_in(folder: Path) -> list[str]:
    return [d.code for d in discover(folder, namespace=folder.name, entry_points=False)]


def test_finds_every_package_with_a_declaration() -> None:
    found = discover(SAMPLE, namespace="tests.server.platforms.sample", entry_points=False)

    assert [(d.code, d.package) for d in found] == [
        (code, f"tests.server.platforms.sample.{code}")
        for code in ("base", "bundle", "insights", "inventory", "marketplace")
    ]


def test_finds_a_new_folder_and_forgets_a_deleted_one(folder: Path) -> None:
    write(folder, "loyal", GOOD.format(code="loyal"))
    write(folder, "second", GOOD.format(code="second"))
    (folder / "nothing").mkdir()
    assert discover_in(folder) == ["loyal", "second"]

    (folder / "second" / "module.py").unlink()

    assert discover_in(folder) == ["loyal"]


def test_finds_installed_packages_by_their_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint(
        name="bundle", value="tests.server.platforms.sample.bundle.module:module", group="facet.modules"
    )
    monkeypatch.setattr(discovery, "installed_entry_points", lambda group: [entry])

    found = discover(Path("/nonexistent"))

    assert [(d.code, d.package) for d in found] == [("bundle", "tests.server.platforms.sample.bundle")]


def test_names_every_module_that_cannot_be_imported_at_once(folder: Path) -> None:
    write(folder, "broken", "\nimport no_such_library\n")
    write(folder, "empty", "")
    write(folder, "misnamed", GOOD.format(code="other"))
    write(folder, "unreadable", "def (")

    with pytest.raises(RegistryError) as refused:
        discover_in(folder)

    assert [(problem.module, problem.name) for problem in refused.value.problems] == [
        ("broken", "module.py"),
        ("empty", "module.py"),
        ("misnamed", "code 'other'"),
        ("unreadable", "module.py"),
    ]
    message = str(refused.value)
    assert "No module named 'no_such_library' (module.py, line 2)" in message
    assert "empty: module.py declares no `module = ModuleDefinition(...)`; add it" in message
    assert "name the folder or entry point other, or change the code" in message
    assert "SyntaxError" in message


def test_loads_no_module_and_no_models_before_it_is_asked_to() -> None:
    program = (
        "import sys, server.platforms.registry, server.platforms.discovery\n"
        "ours = [name.split('.') for name in sys.modules if name.startswith(('server', 'modules'))]\n"
        "print([name for name in ours if name[0] == 'modules' or name[-1] == 'models'])"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_makes_a_registry_in_the_order_of_requirements(sample_registry: Registry) -> None:
    assert list(sample_registry.modules) == ["base", "bundle", "insights", "inventory", "marketplace"]
    assert sample_registry.core == {"base"}
    assert sample_registry.optional == {"bundle", "inventory", "marketplace"}
    assert sample_registry.internal == {"insights"}
    assert sample_registry.closure(["marketplace"]) == ("inventory", "marketplace")
    assert sample_registry.dependents("inventory") == ("marketplace",)
    assert sample_registry.required_by("marketplace") == ()
    assert sample_registry.permissions_of(["store_staff"], {"inventory"}) == {
        "inventory.view",
        "modules.view",
    } | (sample_registry.permissions_of(["store_staff"], ()))
