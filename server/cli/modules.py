"""`facet modules …`, `facet new-module`."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from server.app import Facet, opened
from server.cli.platform import platform_called
from server.context import Context
from server.errors import ConfigurationError
from server.events.transaction import transaction
from server.platforms.legacy import import_legacy as take_over
from server.platforms.toggling import disable_module, enable_module
from server.scaffold import write_module

app = typer.Typer(help="Which modules a platform has switched on.", no_args_is_help=True)

PlatformCode = Annotated[str, typer.Option("--platform", help="Code of the platform.")]
Code = Annotated[str, typer.Argument(help="Code of the module.")]
Document = Annotated[Path, typer.Argument(help="The JSON file.")]
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
def enable(code: Code, platform: PlatformCode, reason: Reason = None) -> None:
    """Switch a module on, with the modules it requires."""

    async def run(_facet: Facet, ctx: Context) -> None:
        plan = await enable_module(ctx, code, reason=reason)
        typer.echo("Enabled: " + (", ".join(plan.enable) or "nothing, it was on"))

    _on_platform(platform, run)


@app.command()
def disable(code: Code, platform: PlatformCode, reason: Reason = None) -> None:
    """Switch a module off, with the modules that require it. No data is deleted."""

    async def run(_facet: Facet, ctx: Context) -> None:
        plan = await disable_module(ctx, code, reason=reason)
        typer.echo("Disabled: " + (", ".join(plan.disable) or "nothing, it was off"))

    _on_platform(platform, run)


@app.command("import-legacy")
def import_legacy(file: Document, platform: PlatformCode) -> None:
    """Take over {"enabled_modules": […], "module_config": {…}} from a JSON file."""
    values = _read(file)

    async def run(_facet: Facet, ctx: Context) -> None:
        plan = await take_over(ctx, values)
        typer.echo("Enabled: " + (", ".join(plan.enable) or "nothing new"))

    _on_platform(platform, run)


def new_module(
    code: Annotated[str, typer.Argument(help="Its stable name: a-z, 0-9 and _.")],
    folder: Annotated[Path, typer.Option(help="Where modules live.")] = Path("modules"),
) -> None:
    """Write the files of a new module."""
    for path in sorted(os.path.relpath(path) for path in write_module(code, folder)):
        typer.echo(f"Wrote {path}")
    typer.echo(
        f"\nNext: facet check, facet migrate, facet modules enable {code} --platform <code>. "
        "Then make it yours: docs/how-to/write-a-module.md"
    )


def _read(file: Path) -> dict[str, Any]:
    """The JSON object in `file`; raises `ConfigurationError`."""
    try:
        values = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise ConfigurationError(f"{file} is not JSON in UTF-8: {error}.") from None
    if not isinstance(values, dict):
        raise ConfigurationError(f"{file} must hold one JSON object with `enabled_modules`.")
    return values


def _on_platform(code: str, work: Callable[[Facet, Context], Awaitable[None]]) -> None:
    async def run() -> None:
        async with opened() as facet:
            platform = await platform_called(facet, code)
            async with facet.system_context(platform) as ctx, transaction(ctx):
                await work(facet, ctx)

    asyncio.run(run())
