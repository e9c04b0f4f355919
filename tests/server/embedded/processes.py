"""Other processes that use the embedded servers, and what runs on this machine."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import psutil

from server.embedded import EmbeddedPostgres, EmbeddedValkey
from server.embedded import start_postgres as start_durable_postgres
from server.embedded import start_valkey as start_embedded_valkey

ROOT = Path(__file__).parents[3]
USER = """
import sys
from pathlib import Path
from tests.server.embedded.processes import {start}
{start}(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.read()
"""


def start_postgres(data_dir: Path) -> EmbeddedPostgres:
    return start_durable_postgres(data_dir, durable=False)


def start_valkey(data_dir: Path) -> EmbeddedValkey:
    return start_embedded_valkey(data_dir)


class User:
    """A process that uses a server until it is told to leave or is killed."""

    started: ClassVar[list[User]] = []

    def __init__(self, start: str, data_dir: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER.format(start=start), str(data_dir)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.started.append(self)

    def ready(self) -> User:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"
        return self

    def leave(self) -> None:
        self.process.communicate("", timeout=60)
        assert self.process.returncode == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=60)

    @classmethod
    def kill_all(cls) -> None:
        while cls.started:
            user = cls.started.pop()
            if user.process.poll() is None:
                user.kill()


@contextmanager
def using(start: str, data_dir: Path) -> Iterator[User]:
    user = User(start, data_dir).ready()
    try:
        yield user
    finally:
        user.kill()


def servers(data_dir: Path) -> list[psutil.Process]:
    """The main processes of the servers that run in `data_dir`."""
    return [
        process
        for process in psutil.process_iter()
        if (folder := _folder(process)) is not None and data_dir.resolve() in folder.parents
    ]


def watchers(data_dir: Path) -> list[psutil.Process]:
    """The processes that wait for the servers in `data_dir` to be unused."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if "server.embedded.watch" in (command := process.info["cmdline"] or []) and str(data_dir) in command
    ]


def _folder(process: psutil.Process) -> Path | None:
    try:
        parent = process.parent()
        if process.name() not in {"postgres", "valkey-server"} or (parent and parent.name() == "postgres"):
            return None
        return Path(process.cwd())
    except (psutil.NoSuchProcess, psutil.ZombieProcess, psutil.AccessDenied):
        return None
