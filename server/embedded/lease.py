"""One server, several processes: the first starts it, the last stops it."""

from __future__ import annotations

import atexit
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from server.errors import ConfigurationError


class Server(Protocol):
    """A server in its own directory. Both methods run while no other process starts or stops it."""

    directory: Path

    def ensure_running(self) -> None: ...

    def shut_down(self) -> None: ...


class Lease:
    """A share in a running server.

    A share is a shared lock on a file, so the operating system takes back the share of a process that was
    killed. No list of process ids can go stale.
    """

    def __init__(self, server: Server) -> None:
        """Take a share, starting the server if it is not running."""
        self._server = server
        self._process_id = os.getpid()
        self._users: int | None = None
        with _alone(server.directory):
            server.ensure_running()
            self._users = _open(server.directory / "users.lock")
            fcntl.flock(self._users, fcntl.LOCK_SH)
        atexit.register(self.give_back)

    def give_back(self) -> None:
        """End this share, and the server if it was the last one. A second call does nothing."""
        if self._users is None or self._process_id != os.getpid():  # a fork has the lock of its parent
            return
        atexit.unregister(self.give_back)
        with _alone(self._server.directory):
            os.close(self._users)
            self._users = None
            _stop_if_unused(self._server)


def stop_unused(server: Server) -> None:
    """Stop a server that outlived its users, all of them killed. A server in use is left alone."""
    if (server.directory / "users.lock").exists():
        with _alone(server.directory):
            _stop_if_unused(server)


def _stop_if_unused(server: Server) -> None:
    users = _open(server.directory / "users.lock")
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    else:
        server.shut_down()
    finally:
        os.close(users)


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
