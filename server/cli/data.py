"""`facet import`, `facet demo`."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from server.app import opened
from server.cli.platform import platform_called
from server.cli.run import require_free, serve_on
from server.cli.schema import migrate_now
from server.demo import PASSWORD, demo_users, first_query, load_demo
from server.imports.engine import run_import
from server.imports.report import ImportReport
from server.imports.report import Progress as Step
from server.platforms.installed import installed
from server.settings import settings

SIGN_IN = (
    r'{"query": "mutation { signIn(email: \"oms-admin@demo.test\", password: \"facet-demo\", '
    r'platform: \"oms\") { ... on SignInPayload { token } } }"}'
)


def import_folder(
    folder: Annotated[Path, typer.Argument(help="Folder with <name>.csv or <name>.csv.gz files.")],
    platform: Annotated[str, typer.Option("--platform", help="Code of the platform.")],
    recipe: Annotated[str | None, typer.Option(help="Read a foreign data set with this recipe.")] = None,
    rejected_dir: Annotated[
        Path | None, typer.Option(help="Where rejected rows go; default FOLDER/rejected.")
    ] = None,
) -> None:
    """Import a folder of CSV files. Rows with a known external_id are updated; bad rows are set aside."""
    report = asyncio.run(_import(folder, platform, recipe, rejected_dir))
    for file in report.files:
        typer.echo(
            f"{file.name}: {file.read} read, {file.inserted} new, {file.updated} changed, "
            f"{file.unchanged} unchanged, {file.rejected} rejected"
            + (f" (see {file.rejected_file})" if file.rejected_file else "")
        )
    for warning in report.warnings:
        typer.secho(warning, err=True, fg=typer.colors.YELLOW)


async def _import(folder: Path, code: str, recipe: str | None, rejected_dir: Path | None) -> ImportReport:
    async with opened() as facet:
        platform = await platform_called(facet, code)
        with _bar() as bar:
            return await run_import(
                facet, platform, folder, recipe=recipe, rejected_dir=rejected_dir, report=Reporter(bar)
            )


def demo(
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve afterwards.")] = True,
) -> None:
    """Start everything with demo data, which is made once and kept."""
    if serve:
        require_free(settings().host, settings().port)
    migrate_now()
    asyncio.run(_load_demo())
    _welcome(f"http://{settings().host}:{settings().port}")
    if serve:
        serve_on(settings().host, settings().port)


def _welcome(address: str) -> None:
    lines = [
        "",
        f"Facet is at {address}  (GraphQL: {address}/graphql)",
        "",
        f"Sign in as one of these, password {PASSWORD}:",
        *(f"  {user.email:<24} {user.what}" for user in demo_users(installed())),
        "",
        "First get a token:",
        f"  curl -s {address}/graphql -H 'Content-Type: application/json' -d '{SIGN_IN}'",
        "",
        "Then send this with the header `Authorization: Bearer <token>`:",
        "",
        first_query(installed()),
        "",
    ]
    typer.echo("\n".join(lines))


async def _load_demo() -> None:
    async with opened() as facet:
        with _bar() as bar:
            reporters: dict[str, Reporter] = defaultdict(lambda: Reporter(bar))
            await load_demo(
                facet, lambda platform, step: reporters[platform](step, f"{platform} {step.file}")
            )


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description:<28}"),
        BarColumn(),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )


class Reporter:
    """Shows each file of an import as a bar."""

    def __init__(self, bar: Progress) -> None:
        self.bar = bar
        self.tasks: dict[str, int] = {}

    def __call__(self, step: Step, label: str | None = None) -> None:
        if step.file not in self.tasks:
            self.tasks[step.file] = int(self.bar.add_task(label or step.file, total=step.rows_total))
        total = step.rows_read if step.done else step.rows_total
        if total is None and step.share:
            total = max(step.rows_read, round(step.rows_read / step.share))
        self.bar.update(self.tasks[step.file], completed=step.rows_read, total=total)  # type: ignore[arg-type]
