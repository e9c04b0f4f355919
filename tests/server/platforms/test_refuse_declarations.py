"""Refusing declarations that do not fit together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel, Field
from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import DeclarativeBase, mapped_column

from server.context import Context
from server.contracts.endpoints import Call, Endpoint, Method, Reply
from server.contracts.features import FeatureDeclaration
from server.contracts.imports import Column, ColumnKind, ImportFile, Recipe
from server.contracts.menu import Frontend, MenuItem
from server.contracts.metrics import Fold, Metric, ScopeKind, Source, Unit
from server.contracts.module import ModuleDefinition
from server.contracts.permissions import Permission
from server.graphql.fields import Access
from server.platforms.checks import check_definitions, tables
from server.platforms.problems import RegistryError
from server.platforms.registry import Registry
from tests.server.platforms.sample.base.module import NoDirectory

CORE = ModuleDefinition(
    code="core", name="Core", description="", is_core=True, directory=NoDirectory(), permissions=()
)
A = ModuleDefinition(code="a1", name="A", description="")
B = ModuleDefinition(code="b1", name="B", description="")


def problems(*definitions: ModuleDefinition) -> list[tuple[str, str]]:
    """(module, name) of each problem; every text says what to change."""
    found = check_definitions([CORE, *definitions])
    assert all(";" in problem.text for problem in found)
    return [(problem.module, problem.name) for problem in found]


def permission(code: str) -> Permission:
    return Permission(code, "Name", "What it allows.")


def item(code: str, **values: Any) -> MenuItem:
    known: dict[str, Any] = {"label": "x", "path": "/x", "icon": "x", "frontends": frozenset(Frontend)}
    return MenuItem(code=code, **(known | {"permission": "a1.view"} | values))


SOURCE = Source("a1.rows", "SELECT 1", {ScopeKind.PLATFORM: "platform_id"})


def metric(key: str, **values: Any) -> Metric:
    known: dict[str, Any] = {
        "unit": Unit.COUNT,
        "fold": Fold.SUM,
        "source": SOURCE,
        "column": "n",
        "scopes": frozenset({ScopeKind.PLATFORM}),
    }
    return Metric(key, "Label", "What it counts.", **(known | values))


def ratio(key: str, num: str | None, den: str | None, **values: Any) -> Metric:
    known: dict[str, Any] = {"unit": Unit.RATIO, "fold": Fold.RATIO, "num": num, "den": den, "source": None}
    return metric(key, **(known | {"column": None, "null_when": "There is none."} | values))


def test_accepts_what_fits() -> None:
    assert problems(A, replace(B, requires=("a1", "core"))) == []


def test_collects_everything_in_one_error() -> None:
    with pytest.raises(RegistryError) as refused:
        Registry([replace(A, version="1"), replace(B, requires=("nothing",))])

    assert str(refused.value) == (
        "The modules cannot be used together:\n"
        "  - a1: version '1' is not a semantic version; write it like 1.0.0\n"
        "  - b1: requires 'nothing' names no installed module; install it or drop the name\n"
        "  - kernel: directory is declared by no module; one core module must provide it"
    )


@pytest.mark.parametrize("code", ["Upper", "1st", "a", "with-dash", "kernel", "module", "x" * 41])
def test_refuses_the_code(code: str) -> None:
    assert (code, f"code {code!r}") in problems(replace(A, code=code))


def test_refuses_two_modules_of_one_code() -> None:
    assert problems(A, replace(A, name="Other")) == [("a1", "code")]


@pytest.mark.parametrize("version", ["1", "1.0", "01.0.0", "1.0.0-", "v1.0.0", "1.0.0+", ""])
def test_refuses_the_version(version: str) -> None:
    assert problems(replace(A, version=version)) == [("a1", f"version {version!r}")]


@pytest.mark.parametrize("version", ["0.0.1", "1.0.0-rc.1", "10.20.30+build.5", "1.0.0-0a.x-y"])
def test_accepts_the_version(version: str) -> None:
    assert problems(replace(A, version=version)) == []


def test_names_the_circle_of_requirements() -> None:
    c = replace(A, code="c1", requires=("a1",))

    with pytest.raises(RegistryError) as refused:
        Registry([CORE, replace(A, requires=("b1",)), replace(B, requires=("c1",)), c])

    (problem,) = refused.value.problems
    circle = problem.text.partition(": ")[2].partition(";")[0].split(" → ")
    assert circle[0] == circle[-1]
    edges = set(pairwise(circle))
    assert edges == {("a1", "b1"), ("b1", "c1"), ("c1", "a1")}


def test_refuses_a_core_module_that_requires_an_optional_one() -> None:
    assert problems(A, replace(B, is_core=True, requires=("a1",))) == [("b1", "requires 'a1'")]


def test_refuses_more_than_one_directory_and_one_of_an_optional_module() -> None:
    second = replace(A, directory=NoDirectory())

    assert problems(second) == [("a1", "directory")] * 2


@pytest.mark.parametrize("key", ["view", "b1.view", "a1.View", "a1.view.all", "a1."])
def test_refuses_badly_formed_keys(key: str) -> None:
    declared = replace(A, permissions=(permission(key), permission("a1.view")), menu=(item(key),))

    assert problems(declared) == [("a1", f"permission {key!r}"), ("a1", f"menu item {key!r}")]
    assert problems(replace(A, metrics=(metric(key),))) == [("a1", f"metric {key!r}")]


def test_refuses_keys_declared_twice() -> None:
    feature = FeatureDeclaration("shared_limit", "Name", "What it allows.")
    twice = replace(
        A,
        permissions=(permission("a1.view"), permission("a1.view")),
        features=(feature,),
        menu=(item("a1.x"), item("a1.x")),
        metrics=(metric("a1.n"), metric("a1.n")),
    )

    assert problems(twice, replace(B, features=(feature,))) == [
        ("a1", "permission 'a1.view'"),
        ("a1", "menu item 'a1.x'"),
        ("b1", "feature 'shared_limit'"),
        ("a1", "metric 'a1.n'"),
    ]


@pytest.mark.parametrize(
    "values",
    [{"permission": "a1.nothing"}, {"permission": "b1.view"}, {"path": "x"}, {"frontends": frozenset()}],
)
def test_refuses_the_menu_item(values: dict[str, Any]) -> None:
    declared = replace(A, permissions=(permission("a1.view"),), menu=(item("a1.x", **values),))
    other = replace(B, permissions=(permission("b1.view"),))

    assert problems(declared, other) == [("a1", "menu item 'a1.x'")]


async def nothing(_ctx: Context, _call: Call) -> Reply:
    return Reply()


@pytest.mark.parametrize(
    ("path", "access"),
    [
        ("files", Access(public=True)),
        ("/Files", Access(public=True)),
        ("/files/", Access(public=True)),
        ("/../files", Access(public=True)),
        ("/{id}/{id}", Access(public=True)),
        ("/files", Access(permission="a1.nothing")),
        ("/files", Access(permission="b1.view")),
    ],
)
def test_refuses_the_endpoint(path: str, access: Access) -> None:
    declared = replace(A, endpoints=(Endpoint(path=path, answer=nothing, access=access),))
    other = replace(B, permissions=(permission("b1.view"),))

    assert problems(declared, other) == [("a1", f"endpoint GET {path!r}")]


def test_refuses_two_endpoints_at_one_address() -> None:
    addresses: list[tuple[Method, str]] = [("GET", "/{a}"), ("GET", "/{b}"), ("PUT", "/{b}")]
    declared = [
        Endpoint(path=path, answer=nothing, access=Access(public=True), method=method)
        for method, path in addresses
    ]

    assert problems(replace(A, endpoints=tuple(declared))) == [("a1", "endpoint GET '/{b}'")]


@pytest.mark.parametrize(
    "bad",
    [
        metric("a1.bad", source=None),
        metric("a1.bad", column=None),
        metric("a1.bad", source=Source("a1.rows", "SELECT 2", {ScopeKind.PLATFORM: "platform_id"})),
        metric("a1.bad", scopes=frozenset(ScopeKind)),
        metric("a1.bad", category="Money & more"),
        metric("a1.bad", icon="UserPlus"),
        ratio("a1.bad", None, "a1.n"),
        ratio("a1.bad", "a1.n", None),
        ratio("a1.bad", "a1.n", "a1.nothing"),
        ratio("a1.bad", "a1.n", "b1.n"),
        ratio("a1.bad", "a1.n", "a1.bad"),
        ratio("a1.bad", "a1.n", "a1.n", null_when=""),
    ],
)
def test_refuses_the_metric(bad: Metric) -> None:
    other_source = Source("b1.rows", "SELECT 1", {ScopeKind.PLATFORM: "platform_id"})
    other = replace(B, metrics=(metric("b1.n", source=other_source),))

    assert problems(replace(A, metrics=(metric("a1.n"), bad)), other) == [("a1", "metric 'a1.bad'")]


class Strict(BaseModel):
    days: int = Field(ge=0, le=365)


@pytest.mark.parametrize(
    ("default", "names"),
    [
        ({"days": 366}, ["config 'days'"]),
        ({}, ["config 'days'"]),
        ({"days": 1, "hours": 2}, ["default_config 'hours'"]),
    ],
)
def test_refuses_defaults_that_the_schema_refuses(default: Mapping[str, Any], names: list[str]) -> None:
    declared = replace(A, config=Strict, default_config=default)

    assert problems(declared) == [("a1", name) for name in names]


def test_refuses_defaults_without_a_schema() -> None:
    assert problems(replace(A, default_config={"days": 1})) == [("a1", "default_config")]


def test_names_the_folder_that_is_missing(tmp_path: Path) -> None:
    assert problems(replace(A, folders=("web",), package="tests.server.platforms.sample.bundle")) == [
        ("a1", "folder 'web'")
    ]


def test_refuses_the_names_of_migrations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a1_001_initial.py", "a1_2_more.py", "001_initial.py", "b1_001_initial.py"):
        (tmp_path / name).touch()
    monkeypatch.setattr(ModuleDefinition, "folder", lambda self, name: tmp_path)

    assert problems(replace(A, package="a1")) == [
        ("a1", "migration '001_initial.py'"),
        ("a1", "migration 'a1_2_more.py'"),
        ("a1", "migration 'b1_001_initial.py'"),
    ]


def file(name: str, *columns: Column, **values: Any) -> ImportFile:
    key = Column("external_id")
    return ImportFile(name, "Rows.", (key, *columns), table="a1_row", merge="SELECT 1", **values)


def reference(target: str) -> Column:
    return Column("other_id", ColumnKind.REFERENCE, references=target)


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ((file("rows"), file("rows")), "import file 'rows'"),
        ((file("rows", Column("external_id")),), "import file 'rows'"),
        ((file("rows", key=("id",)),), "import file 'rows'"),
        ((file("rows", reference("nothing")),), "import file 'rows', column 'other_id'"),
        ((file("rows", reference("others")),), "import file 'rows', column 'other_id'"),
    ],
)
def test_refuses_the_import_file(files: tuple[ImportFile, ...], name: str) -> None:
    assert problems(replace(A, imports=files), replace(B, imports=(file("others"),))) == [("a1", name)]


def test_accepts_references_to_files_of_required_modules() -> None:
    declared = replace(A, requires=("b1",), imports=(file("rows", reference("others")),))

    assert problems(declared, replace(B, imports=(file("others"),))) == []


def test_refuses_a_recipe_for_a_file_that_nobody_reads() -> None:
    recipe = Recipe("shop", "Rows of a shop.", {"nothing": lambda folder: []})

    assert problems(replace(A, recipes=(recipe,))) == [("a1", "recipe 'shop'")]


def test_refuses_texts_that_are_missing_in_one_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locales = tmp_path / "texts_of_a1" / "locales"
    locales.mkdir(parents=True)
    (locales.parent / "__init__.py").touch()
    (locales / "en.ftl").write_text("x = X\npermission-a1-view = View\nfeature-f1 = F\nnot fluent\n")
    (locales / "fr.ftl").write_text("x = X\npermission-a1-view = Voir\nextra = Plus\n")
    monkeypatch.syspath_prepend(tmp_path)
    declared = replace(
        A,
        package="texts_of_a1",
        permissions=(permission("a1.view"),),
        menu=(item("a1.x"),),
        features=(FeatureDeclaration("f1", "F", "What it allows."),),
    )

    with pytest.raises(RegistryError) as refused:
        Registry([CORE, declared])

    assert [(problem.name, problem.text) for problem in refused.value.problems] == [
        ("locales/en.ftl", "lacks the text 'extra'; add it"),
        ("locales/en.ftl", "has a line that cannot be read; correct it: 'not fluent'"),
        ("locales/fr.ftl", "lacks the text 'feature-f1'; add it"),
    ]


def test_refuses_tables_of_another_name_and_keys_into_foreign_modules(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Base(DeclarativeBase):
        pass

    def model(package: str, name: str, *foreign_keys: str) -> type:
        columns: dict[str, Any] = {"id": mapped_column(BigInteger, primary_key=True)}
        for number, target in enumerate(foreign_keys):
            columns[f"key_{number}"] = mapped_column(BigInteger, ForeignKey(target))
        return type(
            name.title(), (Base,), {"__module__": f"{package}.models", "__tablename__": name, **columns}
        )

    kept = [model("b1", "b1_thing"), model("a1", "a1_thing", "b1_thing.id"), model("a1", "thing")]
    monkeypatch.setattr(tables, "Base", SimpleNamespace(registry=Base.registry))
    a, b = replace(A, package="a1"), replace(B, package="b1")
    monkeypatch.setattr(ModuleDefinition, "folder", lambda self, name: Path("/nonexistent"))

    assert len(kept) == 3
    assert problems(a, b) == [("a1", "table 'a1_thing'"), ("a1", "table 'thing'")]
    assert problems(replace(a, requires=("b1",)), b) == [("a1", "table 'thing'")]
