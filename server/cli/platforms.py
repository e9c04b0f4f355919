"""`facet platforms …`."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from server.app import opened
from server.cli.asking import ask
from server.context import PlatformRecord

app = typer.Typer(help="The platforms of this installation.", no_args_is_help=True)

CREATE = """
mutation CreatePlatform(
  $code: String!, $name: String!, $timezone: String!, $currency: String!, $modules: [String!]
) {
  createPlatform(code: $code, name: $name, timezone: $timezone, currency: $currency, modules: $modules) {
    ... on CreatePlatformPayload { platform { code } }
    ... on Error { message }
    ... on ValidationFailed { fields { field message } }
  }
}
"""


@app.command("list")
def list_platforms() -> None:
    """List every platform."""

    async def run() -> list[PlatformRecord]:
        async with opened() as facet:
            return await facet.platforms.all()

    table = Table("code", "name", "time zone", "currency")
    for platform in asyncio.run(run()):
        table.add_row(platform.code, platform.name, platform.timezone, platform.currency)
    Console().print(table)


@app.command()
def create(
    code: Annotated[str, typer.Argument(help="Its short name in addresses: 2 to 40 of a-z, 0-9 and -.")],
    name: Annotated[str, typer.Option(help="Its name for people.")],
    timezone: Annotated[str, typer.Option(help="IANA time zone in which its days begin and end.")] = "UTC",
    currency: Annotated[str, typer.Option(help="ISO 4217 code of its own currency.")] = "EUR",
    module: Annotated[
        list[str] | None, typer.Option(help="A module it begins with; repeat it. Without it: all.")
    ] = None,
) -> None:
    """Create a platform."""

    async def run() -> dict[str, Any]:
        async with opened() as facet:
            return await ask(
                facet, CREATE, code=code, name=name, timezone=timezone, currency=currency, modules=module
            )

    asyncio.run(run())
    typer.echo(f"Created the platform {code}. Its address is /p/{code}/graphql.")
