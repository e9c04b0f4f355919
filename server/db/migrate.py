"""Running migrations: the kernel's own and one branch for each module."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import to_tuple
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

import server
from server.db.engine import async_url
from server.errors import ConfigurationError

PACKAGE = Path(server.__file__).parent
SHIPPED = PACKAGE / "_migrations"
SCRIPTS = SHIPPED if SHIPPED.is_dir() else PACKAGE.parent / "migrations"


def alembic_config(module_folders: Sequence[Path], output: io.StringIO | None = None) -> Config:
    """Alembic over the kernel's versions and the `migrations` folders of modules (those that exist)."""
    folders = [SCRIPTS / "versions", *(folder for folder in module_folders if folder.is_dir())]
    config = Config(output_buffer=output) if output else Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(str(folder) for folder in folders))
    return config


def script_directory(module_folders: Sequence[Path]) -> ScriptDirectory:
    """The revisions of every branch."""
    return ScriptDirectory.from_config(alembic_config(module_folders))


def migration_heads(module_folders: Sequence[Path]) -> dict[str, str]:
    """The newest revision of each branch, by the branch's label."""
    scripts = script_directory(module_folders)
    heads = {}
    for head in scripts.get_heads():
        labels = scripts.get_revision(head).branch_labels
        heads[next(iter(sorted(labels)), head)] = head
    return heads


async def current_heads(app_url: str) -> set[str]:
    """The revisions the database is at; empty when it was never migrated."""
    async with _connected(app_url) as connection:
        return set(await connection.run_sync(lambda c: MigrationContext.configure(c).get_current_heads()))


async def require_migrated(url: str, module_folders: Sequence[Path]) -> None:
    """Raise `ConfigurationError` when the database lacks a migration. One that is ahead of us is fine.

    New processes are started after the migration; until they are, the old ones meet revisions they do not know.
    """
    scripts = script_directory(module_folders)
    try:
        current = await current_heads(url)
    except ProgrammingError:  # migrated before the application role might read how far
        current = set()
    applied, known = _with_ancestors(scripts, current), {r.revision for r in scripts.walk_revisions()}
    ahead = {_branch(revision) for revision in current - known}
    lacking = sorted(
        head for head in scripts.get_heads() if head not in applied and _branch(head) not in ahead
    )
    if lacking:
        raise ConfigurationError(
            f"The database is not up to date: it lacks {', '.join(lacking)}. Run `facet migrate`."
        )


def _with_ancestors(scripts: ScriptDirectory, revisions: Collection[str]) -> set[str]:
    """`revisions` and what came before them, in their own branch and in those they depend on."""
    waiting, found = list(revisions), set[str]()
    known = {script.revision: script for script in scripts.walk_revisions()}
    while waiting:
        revision = waiting.pop()
        if revision not in found and (script := known.get(revision)):
            found.add(revision)
            waiting += [
                *to_tuple(script.down_revision, default=()),
                *to_tuple(script.dependencies, default=()),
            ]
    return found


def _branch(revision: str) -> str:
    """The branch of a revision, which is its name without the number."""
    return revision.rpartition("_")[0]


async def upgrade(owner_url: str, module_folders: Sequence[Path], revision: str = "heads") -> None:
    """Bring the database to `revision` as the owner role. Safe when two processes start it at once.

    Tables of modules that are not installed any more stay as they are. Raises `ConfigurationError` when the
    database is newer than the code.
    """
    await _run(owner_url, alembic_config(module_folders), _upgrade, revision)


async def downgrade(owner_url: str, module_folders: Sequence[Path], revision: str) -> None:
    """Take the database back to `revision`."""
    await _run(owner_url, alembic_config(module_folders), command.downgrade, revision)


def upgrade_sql(module_folders: Sequence[Path]) -> str:
    """The statements of every migration, for review and linting."""
    output = io.StringIO()
    config = alembic_config(module_folders, output)
    config.attributes["url"] = async_url("postgresql://")
    command.upgrade(config, "heads", sql=True)
    return output.getvalue()


def _upgrade(config: Config, revision: str) -> None:
    """`alembic upgrade`, which would refuse a database that holds tables of a module whose folder is gone."""
    scripts = ScriptDirectory.from_config(config)

    def steps(heads: Sequence[str], _context: MigrationContext) -> list[Any]:
        # Alembic's own commands pass the tuple of heads, which its annotation does not say.
        return scripts._upgrade_revs(revision, _installed(scripts, heads))  # type: ignore[arg-type]

    with EnvironmentContext(config, scripts, fn=steps, destination_rev=revision):
        scripts.run_env()


def _installed(scripts: ScriptDirectory, heads: Sequence[str]) -> tuple[str, ...]:
    """Those of `heads` whose module is installed."""
    known = {script.revision for script in scripts.walk_revisions()}
    branches = {revision.rpartition("_")[0] for revision in known}
    for head in heads:
        if head not in known and head.rpartition("_")[0] in branches:
            raise ConfigurationError(
                f"The database is at {head}, which this version does not have. Start the version that made it, "
                "or a newer one."
            )
    return tuple(head for head in heads if head in known)


async def _run(owner_url: str, config: Config, action: object, revision: str) -> None:
    def migrate(connection: Connection) -> None:
        config.attributes["connection"] = connection
        action(config, revision)  # type: ignore[operator]  # alembic's commands are untyped

    async with _connected(owner_url) as connection:
        await connection.run_sync(migrate)


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[AsyncConnection]:
    """A connection of its own; raises `ConfigurationError` when there is none to be had."""
    engine = create_async_engine(async_url(url))
    try:
        try:
            connection = await engine.connect()
        except (OSError, DBAPIError) as error:
            reason = error.orig if isinstance(error, DBAPIError) and error.orig else error
            raise ConfigurationError(
                f"PostgreSQL does not let us in: {reason.__cause__ or reason}. Check that it runs, and "
                "DATABASE_URL and FACET_APP_DATABASE_URL."
            ) from error
        try:
            yield connection
        finally:
            await connection.close()
    finally:
        await engine.dispose()
