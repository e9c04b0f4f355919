"""The commands of `facet`."""

from __future__ import annotations

import typer

from server.cli import data, modules, run, schema
from server.errors import ConfigurationError, FacetError

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


def main() -> None:
    """Run the command; an expected failure is one line on standard error and exit code 1."""
    try:
        app()
    except (ConfigurationError, FacetError) as error:
        typer.secho(f"facet: {error}", err=True, fg=typer.colors.RED)
        raise SystemExit(1) from None
