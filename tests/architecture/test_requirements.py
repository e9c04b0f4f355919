from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.sources import ROOT

FILES = ["requirements.txt", "requirements-dev.txt"]


def _project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def _entries(name: str) -> list[str]:
    """The locked requirements with their hashes, one string each."""
    text = re.sub(r"#.*", "", (ROOT / name).read_text()).replace("\\\n", " ")
    return [line.strip() for line in text.splitlines() if line.strip()]


def _locked(name: str) -> dict[str, str]:
    """The locked version of each distribution."""
    found: dict[str, str] = {}
    for entry in _entries(name):
        requirement = Requirement(entry.split(" --hash", 1)[0])
        (pin,) = requirement.specifier
        assert pin.operator == "=="
        found[canonicalize_name(requirement.name)] = pin.version
    return found


def _unmet(wanted: list[str], locked: dict[str, str]) -> list[str]:
    requirements = [Requirement(text) for text in wanted]
    return [
        str(requirement)
        for requirement in requirements
        if not requirement.specifier.contains(locked.get(canonicalize_name(requirement.name), "0"))
    ]


@pytest.mark.parametrize("name", FILES)
def test_have_a_version_and_hashes_each(name: str) -> None:
    assert [
        entry for entry in _entries(name) if not re.search(r"^\w\S*==\S+ .*--hash=sha256:\w{64}", entry)
    ] == []


@pytest.mark.parametrize("name", FILES)
def test_name_no_place_to_download_from(name: str) -> None:
    assert re.findall(r"://|^\s*-", (ROOT / name).read_text().replace("    --hash", ""), re.MULTILINE) == []


def test_meet_what_the_project_declares() -> None:
    assert _unmet(_project()["project"]["dependencies"], _locked("requirements.txt")) == []


def test_meet_what_development_and_the_build_need() -> None:
    project = _project()
    wanted = [*project["dependency-groups"]["dev"], *project["build-system"]["requires"]]

    assert _unmet(wanted, _locked("requirements-dev.txt")) == []


def test_agree_between_production_and_development() -> None:
    production, development = _locked("requirements.txt"), _locked("requirements-dev.txt")

    assert {name: development.get(name) for name in production} == production
