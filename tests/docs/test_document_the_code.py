"""Find in the reference what the code has, and nothing else."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType

import pytest

import server
from server.cli.reference import FOLDER, errors_of, pages
from server.errors import FacetError
from server.platforms.registry import Registry
from tests.docs.pages import ROOT

REFERENCE = ROOT / FOLDER
# Codes that are answered without an exception of ours: what is refused before a caller is known, or is our fault.
BY_PROTOCOL = re.compile(
    r'"((?:BAD|GRAPHQL|METHOD|NOT|PERSISTED|UNSUPPORTED|BODY|INTERNAL|RATE)_[A-Z_]+|SERVICE_UNAVAILABLE)"'
)


def modules_of_the_server() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(server.__path__, "server."):
        if not found.name.endswith("__main__") and ".templates" not in found.name:
            yield importlib.import_module(found.name)


def codes_of_the_server() -> set[str]:
    """The codes of every failure that the kernel names, and those it writes without an exception."""
    names = {module.__name__ for module in modules_of_the_server()}
    raised = {error.code for error in _subclasses(FacetError) if error.__module__ in names}
    sources = (ROOT / "server" / "http").glob("*.py")
    return raised | {code for path in sources for code in BY_PROTOCOL.findall(path.read_text("utf-8"))}


def _subclasses(of: type[FacetError]) -> Iterator[type[FacetError]]:
    for error in of.__subclasses__():
        yield error
        yield from _subclasses(error)


def listed(page: str) -> list[str]:
    return re.findall(r"^\| `([A-Z_]+)` \|", (REFERENCE / page).read_text("utf-8"), re.MULTILINE)


def test_lists_the_codes_of_the_server() -> None:
    codes = listed("errors.md")

    assert len(codes) == len(set(codes))
    assert set(codes) == codes_of_the_server()


def test_lists_the_codes_of_each_module(registry: Registry) -> None:
    declared = {error.code for module in registry.definitions for error in errors_of(module)}

    assert declared
    assert set(listed("module-errors.md")) == declared


@pytest.mark.parametrize("page", ["settings.md", "cli.md", "module-errors.md"])
def test_is_written_by_the_code(page: str) -> None:
    written = (REFERENCE / page).read_text("utf-8")

    assert written == pages()[page], "write it anew: python -m server.cli.reference"


def test_names_what_answers_a_failure() -> None:
    row = next(
        line for line in pages()["module-errors.md"].splitlines() if "CUSTOMERS_CUSTOMER_IS_ARCHIVED" in line
    )

    assert row.endswith("| `ArchiveCustomerResult`, `UpdateCustomerResult` |")


def test_tells_choices_defaults_and_variables_of_settings() -> None:
    page = pages()["settings.md"]

    assert "| `DATABASE_URL` |  | PostgreSQL of the owner role" in page
    assert "| `FACET_PORT` | `8000` |" in page
    assert "One of `development`, `production`. |" in page


def test_tells_what_a_command_takes() -> None:
    page = pages()["cli.md"]

    assert "## facet modules enable CODE\n" in page
    assert "| `--platform` | Code of the platform. Required. |" in page
    assert "| `--output` | The file to write. Default: `schema.graphql`. |" in page
