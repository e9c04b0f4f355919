"""The pages of the documentation that list settings, commands and error codes.

`python -m server.cli.reference` writes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, get_args, get_origin

from graphql import GraphQLSchema, GraphQLUnionType, is_union_type
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.main import get_group

from server.cli.main import app
from server.composition.supergraph import compose
from server.contracts.module import ModuleDefinition
from server.errors import FacetError
from server.graphql.results import Error
from server.platforms.installed import installed
from server.settings import Settings, variable_of

FOLDER = Path("docs/reference")
GIVEN = (TyperArgument, TyperOption)
GENERATED = "Written by `python -m server.cli.reference`.\n"


def settings_page() -> str:
    """Every setting, as Markdown."""
    lines = [
        "# Settings\n",
        f"{GENERATED}",
        "Settings are environment variables, read once when a process starts. All have defaults that suit trying and",
        "developing. A value that cannot be used stops the process, which names the variable.\n",
        "| variable | default | meaning |",
        "| --- | --- | --- |",
    ]
    for name, field in Settings.model_fields.items():
        meaning = field.description or ""
        if get_origin(field.annotation) is Literal:
            meaning += f" One of {', '.join(f'`{choice}`' for choice in get_args(field.annotation))}."
        default = "" if field.default is None else f"`{field.default}`"
        lines.append(f"| `{variable_of(name)}` | {default} | {meaning} |")
    return "\n".join(lines) + "\n"


def commands_page() -> str:
    """Every command with its arguments and options, as Markdown."""
    intro = (
        "`facet` is installed into `.venv/bin` by `make`; `python -m server` is the same. It works on the\n"
        "database and Valkey that the [settings](settings.md) name. What was wrong is told in a few lines on\n"
        "standard error, with exit code 1; a command that is called wrongly ends with 2.\n"
    )
    group = get_group(app)
    return "\n".join(["# Commands\n", GENERATED, intro, *_commands(group, "facet")])


def errors_page(definitions: Iterable[ModuleDefinition], schema: GraphQLSchema) -> str:
    """The error codes of the modules, as Markdown."""
    intro = (
        "Codes of the modules, each with the module that raises it. A client should handle them: they are answered as\n"
        "a member of the result unions named here, and nothing was changed then. Codes of the system itself are in\n"
        "[Error codes](errors.md).\n"
    )
    parts = ["# Error codes of modules\n", GENERATED, intro]
    results = _results(schema)
    for module in sorted(definitions, key=lambda definition: definition.code):
        rows = [
            f"| `{error.code}` | {_first_sentence(error)} | {_where(results.get(error, []))} |"
            for error in sorted(errors_of(module), key=lambda error: error.code)
        ]
        if rows:
            parts += [
                f"## {module.name}\n",
                "| code | when | answered by |",
                "| --- | --- | --- |",
                *rows,
                "",
            ]
    return "\n".join(parts)


def errors_of(module: ModuleDefinition) -> list[type[FacetError]]:
    """The failures that a module's package declares."""
    return [
        error for error in _subclasses(FacetError) if f"{error.__module__}.".startswith(f"{module.package}.")
    ]


def _subclasses(of: type[FacetError]) -> Iterator[type[FacetError]]:
    for error in of.__subclasses__():
        yield error
        yield from _subclasses(error)


def _results(schema: GraphQLSchema) -> dict[type[FacetError], list[str]]:
    """Which result unions answer with each failure."""
    found: dict[type[FacetError], list[str]] = {}
    for name, type_ in sorted(schema.type_map.items()):
        if is_union_type(type_) and name.endswith("Result"):
            for error in _raised_as(type_):
                found.setdefault(error, []).append(name)
    return found


def _raised_as(union: GraphQLUnionType) -> Iterator[type[FacetError]]:
    for member in union.types:
        definition = member.extensions.get("strawberry-definition")
        origin = getattr(definition, "origin", None)
        if isinstance(origin, type) and issubclass(origin, Error):
            yield from origin.raised_as


def _where(unions: list[str]) -> str:
    return ", ".join(f"`{union}`" for union in unions)


def _first_sentence(error: type[FacetError]) -> str:
    return " ".join((error.__doc__ or "").split("\n\n")[0].split())


def _commands(group: TyperGroup, path: str) -> Iterator[str]:
    for name, command in sorted(group.commands.items()):
        if isinstance(command, TyperGroup):
            yield from _commands(command, f"{path} {name}")
        elif isinstance(command, TyperCommand):
            yield _command(command, f"{path} {name}")


def _command(command: TyperCommand, path: str) -> str:
    names = [parameter.name or "" for parameter in command.params if isinstance(parameter, TyperArgument)]
    title = " ".join([path, *(name.upper() for name in names)])
    rows = [
        f"| `{_name(given)}` | {_meaning(given)} |" for given in command.params if isinstance(given, GIVEN)
    ]
    table = ["| argument | meaning |", "| --- | --- |", *rows, ""] if rows else []
    return "\n".join([f"## {title}\n", f"{command.help}\n", *table])


def _name(given: TyperArgument | TyperOption) -> str:
    if isinstance(given, TyperOption):
        return ", ".join([*given.opts, *given.secondary_opts])
    return (given.name or "").upper()


def _meaning(given: TyperArgument | TyperOption) -> str:
    text = (given.help or "").replace("<", "&lt;")
    if given.required:
        return f"{text} Required."
    if isinstance(given.default, str | int | Path) and not isinstance(given.default, bool):
        return f"{text} Default: `{given.default}`."
    return text


def pages() -> dict[str, str]:
    """The name of each page and its text."""
    registry = installed()
    return {
        "settings.md": settings_page(),
        "cli.md": commands_page(),
        "module-errors.md": errors_page(registry.definitions, compose(registry).graphql_schema),
    }


if __name__ == "__main__":
    for page, text in pages().items():
        (FOLDER / page).write_text(text, "utf-8")
