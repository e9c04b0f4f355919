"""`facet migrate`, `facet schema`, `facet check`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from server.composition import render_schema
from server.composition.supergraph import compose
from server.db.migrate import migration_heads, upgrade, upgrade_sql
from server.embedded.servers import open_servers
from server.errors import ConfigurationError
from server.platforms.installed import installed
from server.settings import settings

SCHEMA_FILE = Path("schema.graphql")


def migrate_now() -> None:
    """Bring the database up to date as its owner."""
    servers = open_servers(settings())
    asyncio.run(upgrade(servers.owner, installed().migration_folders))


def migrate(
    sql: Annotated[bool, typer.Option("--sql", help="Print the statements instead of running them.")] = False,
    heads: Annotated[bool, typer.Option("--heads", help="Print the head of every branch and stop.")] = False,
) -> None:
    """Bring the database up to date: the kernel's tables and those of every module."""
    folders = installed().migration_folders
    if sql:
        typer.echo(upgrade_sql(folders))
    elif heads:
        for branch, revision in migration_heads(folders).items():
            typer.echo(f"{branch}: {revision}")
    else:
        migrate_now()
        typer.echo("The database is up to date.")


def schema(
    check: Annotated[
        bool, typer.Option("--check", help="Fail when the file is not what the modules make.")
    ] = False,
    output: Annotated[Path, typer.Option(help="The file to write.")] = SCHEMA_FILE,
) -> None:
    """Write the supergraph, the schema with every module on, to schema.graphql."""
    text = render_schema(compose(installed()).graphql_schema)
    if check:
        if not output.exists() or output.read_text() != text:
            raise ConfigurationError(
                f"{output} is not what the modules make. Run `make schema` and review it."
            )
        typer.echo(f"{output} is up to date.")
        return
    output.write_text(text)
    typer.echo(f"Wrote {output}.")


def check() -> None:
    """Check every module's declaration and the schema they make together; print all problems."""
    registry = installed()
    schema = compose(registry)
    for definition in registry.definitions:
        typer.echo(f"{definition.code} {definition.version} ({definition.kind.value.lower()}): fine")
    for place in schema.skipped:
        typer.echo(f"{place} extends a type that no installed module has; it is left out.")
