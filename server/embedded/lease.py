"""One server, several processes: the first starts it, the last stops it."""

from __future__ import annotations

import atexit
import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from server.errors import ConfigurationError

PROJECT = Path(__file__).parents[2]


class Server(Protocol):
    """A server in its own directory.

    `ensure_running` says whether it had to start the server, and is called by one process at a time;
    `shut_down` does nothing to a server that is down. They never run at the same time.
    """

    kind: str
    directory: Path

    def ensure_running(self) -> bool: ...

    def shut_down(self) -> None: ...


class Lease:
    """A share in a running server.

    A share is a shared lock on a file, so the operating system takes back the share of a process that was
    killed. No list of process ids can go stale. Whoever gets the lock exclusively may stop the server.
    """

    def __init__(self, server: Server) -> None:
        """Take a share, starting the server if it is not running."""
        self._server = server
        self._process_id = os.getpid()
        server.directory.mkdir(parents=True, exist_ok=True)
        self._users: int | None = _open(server.directory / "users.lock")
        fcntl.flock(self._users, fcntl.LOCK_SH)
        atexit.register(self.give_back)
        try:
            with _alone(server.directory):
                if server.ensure_running():
                    _watch(server)
        except BaseException:
            self.give_back()
            raise

    def give_back(self) -> None:
        """End this share, and the server if it was the last one. A second call does nothing."""
        if self._users is None or self._process_id != os.getpid():  # a fork has the lock of its parent
            return
        atexit.unregister(self.give_back)
        users, self._users = self._users, None
        if not self._server.directory.exists():  # somebody removed it under us
            os.close(users)
            return
        with _alone(self._server.directory):
            os.close(users)
            _stop_if_unused(self._server)


def stop_unused(server: Server) -> None:
    """Stop a server that outlived its users. A server in use is left alone."""
    if (server.directory / "users.lock").exists():
        with _alone(server.directory):
            _stop_if_unused(server)


def stop_when_unused(server: Server) -> None:
    """Wait until the last share is given back or taken back, and stop the server if it still runs then."""
    try:
        users = os.open(server.directory / "users.lock", os.O_RDONLY)
    except FileNotFoundError:  # the folder was removed, or is being removed: nothing may appear in it
        return
    try:
        fcntl.flock(users, fcntl.LOCK_EX)
        server.shut_down()
    finally:
        os.close(users)


def _stop_if_unused(server: Server) -> None:
    users = _open(server.directory / "users.lock")
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        fcntl.flock(users, fcntl.LOCK_SH)  # at once if others use the server; else when it has been stopped
    else:
        server.shut_down()
    finally:
        os.close(users)


def _watch(server: Server) -> None:
    """Start the process that stops the server when every user was killed before it could."""
    path = os.pathsep.join([str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])])
    watch = [sys.executable, "-m", "server.embedded.watch", server.kind, str(server.directory.parent)]
    subprocess.run(
        [
            "/bin/sh",
            "-c",
            '"$@" &',
            "sh",
            *watch,
        ],  # the shell leaves it to the system; we need not wait for it
        cwd=server.directory,
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        check=True,
    )


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    lock = _open(directory / "start.lock")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CREAT, 0o644)
    except PermissionError as error:
        raise ConfigurationError(
            f"{path.parent} belongs to another user. Remove it, or set FACET_DATA_DIR to another folder."
        ) from error
