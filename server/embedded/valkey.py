"""A Valkey of our own, for demonstrations, development and tests."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from server.embedded.account import remove_socket_folder, socket_folder
from server.embedded.lease import Lease, stop_unused
from server.embedded.programs import last_lines, run, valkey_program
from server.errors import ConfigurationError

PATIENCE_SECONDS = 10
SOCKET = "valkey.sock"
SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "daemonize": "yes",
    "save": "",  # what is lost with it costs time and nothing else
    "appendonly": "no",
    "maxmemory": "256mb",
    "maxmemory-policy": "noeviction",
}


@dataclass(frozen=True)
class EmbeddedValkey:
    """A share in a running Valkey."""

    url: str
    _lease: Lease = field(repr=False, compare=False)

    def stop(self) -> None:
        """Give the share back, as the end of the process does; the server stops with its last user."""
        self._lease.give_back()


def start_valkey(data_dir: Path) -> EmbeddedValkey:
    """Use the Valkey under `data_dir`, starting it if need be.

    Raises:
        ConfigurationError: it cannot run here; the message says why and what to do.
    """
    server = ValkeyServer(data_dir)
    lease = Lease(server)
    return EmbeddedValkey(url=f"unix://{quote(str(server.socket))}", _lease=lease)


def stop_unused_valkey(data_dir: Path) -> None:
    """Stop the Valkey under `data_dir` if no process uses it."""
    stop_unused(ValkeyServer(data_dir))


class ValkeyServer:
    """The Valkey under a data directory, running or not."""

    kind = "valkey"

    def __init__(self, data_dir: Path) -> None:
        self.directory = data_dir.resolve() / self.kind
        self.log = self.directory / "server.log"

    @property
    def socket(self) -> Path:
        """Where clients find it."""
        return socket_folder(self.directory, SOCKET) / SOCKET

    def ensure_running(self) -> bool:
        """Start the server unless it runs; whether that was needed."""
        if self._ask("PING").startswith(b"+PONG"):
            return False
        self.directory.chmod(0o700)
        settings = {
            **SETTINGS,
            "unixsocket": str(self.socket),
            "dir": str(self.directory),
            "logfile": str(self.log),
        }
        command: list[str | Path] = [valkey_program()]
        for name, value in settings.items():
            command += [f"--{name}", value]
        run(command, folder=self.directory)
        self._wait_until(answers=True)
        return True

    def shut_down(self) -> None:
        """Stop the server if it runs."""
        if not self.directory.exists():
            return
        was_running = self._ask("PING").startswith(b"+PONG")
        self._ask("SHUTDOWN NOSAVE")
        self._wait_until(answers=False)
        if was_running:
            self._wait_until_removed()
        remove_socket_folder(self.socket.parent, self.directory)

    def _wait_until(self, *, answers: bool) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while self._ask("PING").startswith(b"+PONG") is not answers:
            if time.monotonic() > until:
                what = "start" if answers else "stop"
                raise ConfigurationError(
                    f"Valkey in {self.directory} does not {what}:\n{last_lines(self.log)}"
                )
            time.sleep(0.01)

    def _wait_until_removed(self) -> None:
        """It closes its socket before it removes the file; a new server's file must not be the one removed."""
        until = time.monotonic() + PATIENCE_SECONDS
        while self.socket.exists() and time.monotonic() < until:
            time.sleep(0.01)

    def _ask(self, command: str) -> bytes:
        """The first bytes of the answer; none when no server listens or it closes the connection."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(PATIENCE_SECONDS)
            try:
                connection.connect(str(self.socket))
                connection.sendall(f"{command}\r\n".encode())
                return connection.recv(64)
            except (FileNotFoundError, ConnectionError):
                return b""
