"""What every module looks like from outside."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from server.errors import FacetError
from server.graphql.results import Error
from server.platforms.locales import LANGUAGES
from tests.architecture.sources import ROOT, module_codes, trees

HAS = ["README.md", "__init__.py", "module.py", "errors.py", "permissions.py", "testing.py", "migrations"]


@pytest.mark.parametrize("code", module_codes())
def test_has_its_files_its_texts_and_its_tests(code: str) -> None:
    folder = ROOT / "modules" / code
    wanted = [*HAS, *(f"locales/{language}.ftl" for language in LANGUAGES)]

    assert [name for name in wanted if not (folder / name).exists()] == []
    assert list((ROOT / "tests" / "modules" / code).glob("test_*.py")) != []


@pytest.mark.parametrize("code", module_codes())
def test_explains_itself(code: str) -> None:
    text = (ROOT / "modules" / code / "README.md").read_text()
    definition = import_module(f"modules.{code}.module").module

    assert text.startswith(f"# {definition.name}\n")
    assert [name for name in definition.requires if f"`{name}`" not in text] == []


def test_names_its_failures_after_itself() -> None:
    """`TierNotFound` of billing is `BILLING_TIER_NOT_FOUND`, in the module's `errors.py`, once."""
    failures = list(failures_of_modules())

    assert failures
    for failure in failures:
        code = failure.__module__.split(".")[1]
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", failure.__name__).upper()
        assert failure.__module__ == f"modules.{code}.errors", failure
        assert failure.code == f"{code.upper()}_{words}"
        assert failure.__doc__, failure
    assert [code for code, n in Counter(f.code for f in failures).items() if n > 1] == []


def test_lets_clients_handle_its_failures() -> None:
    """Each is a member of a result union somewhere, so that its fields are in the schema."""
    failures = list(failures_of_modules())
    typed = {failure for kind in descendants(Error) for failure in vars(kind).get("raised_as", ())}

    assert [failure.__name__ for failure in failures if failure not in typed] == []


def failures_of_modules() -> Iterator[type[FacetError]]:
    for path in trees("modules"):
        import_module(path.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    return (f for f in descendants(FacetError) if f.__module__.startswith("modules."))


def descendants(kind: type[Any]) -> Iterator[type[Any]]:
    for child in kind.__subclasses__():
        yield child
        yield from descendants(child)
