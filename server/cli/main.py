"""The commands of `facet`."""

from __future__ import annotations

from typing import NoReturn

import typer
from pydantic import ValidationError as RefusedSettings

from server.cli import data, modules, platforms, run, schema, users
from server.errors import ConfigurationError, FacetError
from server.graphql.results import ValidationError
from server.settings import Settings, refused_settings

app = typer.Typer(
    name="facet",
    help="Facet: one GraphQL schema made of modules, a view for every platform.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(run.serve)
app.command()(run.worker)
app.command()(run.dev)
app.command()(data.demo)
app.command(name="import")(data.import_folder)
app.command()(schema.migrate)
app.command()(schema.schema)
app.command()(schema.check)
app.command()(modules.new_module)
app.add_typer(modules.app, name="modules")
app.add_typer(platforms.app, name="platforms")
app.add_typer(users.app, name="users")


def main() -> None:
    """Run the command; an expected failure is told in a few lines on standard error, with exit code 1."""
    try:
        app()
    except ValidationError as error:
        fields = "".join(f"\n  - {field.field}: {field.message}" for field in error.details["fields"])
        _stop(f"{error}{fields}")
    except RefusedSettings as error:
        if error.title != Settings.__name__:
            raise
        _stop(refused_settings(error))
    except (ConfigurationError, FacetError) as error:
        _stop(str(error))


def _stop(message: str) -> NoReturn:
    typer.secho(f"facet: {message}", err=True, fg=typer.colors.RED)
    raise SystemExit(1) from None
