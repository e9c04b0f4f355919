"""`facet modules …`, `facet new-module`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from server.app import Facet, opened
from server.context import Context
from server.errors import NotFound
from server.events.transaction import transaction
from server.platforms.legacy import import_legacy as take_over
from server.platforms.toggling import disable_module, enable_module
from server.scaffold import write_module

app = typer.Typer(help="Which modules a platform has switched on.", no_args_is_help=True)

PlatformCode = Annotated[str, typer.Option("--platform", help="Code of the platform.")]
Reason = Annotated[str | None, typer.Option(help="Why; kept in the module's history.")]


@app.command("list")
def list_modules(platform: PlatformCode) -> None:
    """List the modules and whether the platform has them on."""

    async def run(facet: Facet, ctx: Context) -> None:
        table = Table("module", "kind", "version", "on", "requires")
        for definition in facet.registry.definitions:
            on = "yes" if definition.code in ctx.modules else "no"
            requires = ", ".join(definition.requires)
            table.add_row(definition.code, definition.kind.value.lower(), definition.version, on, requires)
        Console().print(table)

    _on_platform(platform, run)


@app.command()
def enable(code: str, platform: PlatformCode, reason: Reason = None) -> None:
    """Switch a module on, with the modules it requires."""

    async def run(_facet: Facet, ctx: Context) -> None:
        plan = await enable_module(ctx, code, reason=reason)
        typer.echo("Enabled: " + (", ".join(plan.enable) or "nothing, it was on"))

    _on_platform(platform, run)


@app.command()
def disable(code: str, platform: PlatformCode, reason: Reason = None) -> None:
    """Switch a module off, with the modules that require it. No data is deleted."""

    async def run(_facet: Facet, ctx: Context) -> None:
        plan = await disable_module(ctx, code, reason=reason)
        typer.echo("Disabled: " + (", ".join(plan.disable) or "nothing, it was off"))

    _on_platform(platform, run)


@app.command("import-legacy")
def import_legacy(file: Path, platform: PlatformCode) -> None:
    """Take over {"enabled_modules": […], "module_config": {…}} from a JSON file."""
    values = json.loads(file.read_text())

    async def run(_facet: Facet, ctx: Context) -> None:
        plan = await take_over(ctx, values)
        typer.echo("Enabled: " + (", ".join(plan.enable) or "nothing new"))

    _on_platform(platform, run)


def new_module(
    code: str,
    folder: Annotated[Path, typer.Option(help="Where modules live.")] = Path("modules"),
) -> None:
    """Write the files of a new module."""
    for path in write_module(code, folder):
        typer.echo(f"Wrote {path}")


def _on_platform(code: str, work: Callable[[Facet, Context], Awaitable[None]]) -> None:
    async def run() -> None:
        async with opened() as facet:
            platform = await facet.platforms.by_code(code)
            if platform is None:
                raise NotFound(f"No platform has the code {code!r}.")
            async with facet.system_context(platform) as ctx, transaction(ctx):
                await work(facet, ctx)

    asyncio.run(run())
