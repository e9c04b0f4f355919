"""A PostgreSQL of our own, for demonstrations, development and tests."""

from __future__ import annotations

import shlex
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from server.embedded.account import (
    Account,
    give_to,
    let_through,
    remove_socket_folder,
    socket_folder,
    stand_in_for_root,
)
from server.embedded.databases import PORT, SUPERUSER, ensure_database, url
from server.embedded.lease import Lease, stop_unused
from server.embedded.programs import POSTGRES_MAJOR, last_lines, postgres_program, run
from server.errors import ConfigurationError

PATIENCE_SECONDS = 60
SOCKET_LOCK = f".s.PGSQL.{PORT}.lock"
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "random_page_cost": "1.1",
    "wal_level": "minimal",  # nothing replicates this server
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# For data that may be lost with the machine: nothing waits for the disk.
PERISHABLE = {"fsync": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class EmbeddedPostgres:
    """A share in a running PostgreSQL. The URLs suit asyncpg and, with `+asyncpg`, SQLAlchemy."""

    owner_url: str
    app_url: str
    sockets: Path = field(repr=False)
    _lease: Lease = field(repr=False, compare=False)

    def stop(self) -> None:
        """Give the share back, as the end of the process does; the server stops with its last user."""
        self._lease.give_back()


def start_postgres(data_dir: Path, *, database: str = "facet", durable: bool = True) -> EmbeddedPostgres:
    """Use the PostgreSQL under `data_dir`, starting it if need be, with `database` and both roles in it.

    Tests pass `durable=False`: faster, and lost if the machine goes down. It counts for the one that starts it.

    Raises:
        ConfigurationError: it cannot run here; the message says why and what to do.
    """
    server = PostgresServer(data_dir, durable=durable)
    lease = Lease(server)
    sockets = server.sockets
    try:
        ensure_database(sockets, database)
    except BaseException:
        lease.give_back()
        raise
    return EmbeddedPostgres(
        owner_url=url(sockets, database, "facet_owner"),
        app_url=url(sockets, database, "facet_app"),
        sockets=sockets,
        _lease=lease,
    )


def stop_unused_postgres(data_dir: Path) -> None:
    """Stop the PostgreSQL under `data_dir` if no process uses it."""
    stop_unused(PostgresServer(data_dir))


class PostgresServer:
    """The PostgreSQL under a data directory, running or not."""

    kind = "postgres"

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        self.durable = durable
        self.directory = data_dir.resolve() / self.kind
        self.data = self.directory / "data"
        self.account: Account | None = stand_in_for_root(self.data)

    @property
    def sockets(self) -> Path:
        """The folder of its socket."""
        return socket_folder(self.data, SOCKET_LOCK, self.account)

    def ensure_running(self) -> bool:
        """Start the server unless it runs; whether that was needed."""
        self._ensure_data()
        if self._is_running():
            return False
        self._clear_up_after_a_crash()
        settings = SETTINGS if self.durable else SETTINGS | PERISHABLE
        options = [f"-p {PORT}", f"-k {shlex.quote(self._socket_option())}"]
        options += [f"-c {name}={shlex.quote(value)}" for name, value in settings.items()]
        try:
            self._control("start", "-l", "server.log", "-o", " ".join(options))
        except ConfigurationError as error:
            raise ConfigurationError(f"{error}\n{last_lines(self.data / 'server.log')}") from error
        return True

    def shut_down(self) -> None:
        """Stop the server if it runs."""
        if self._postmaster() is not None:
            self._control("stop", "-m", "fast")
            remove_socket_folder(self.sockets, self.data)

    def _socket_option(self) -> str:
        return "." if self.sockets == self.data else str(self.sockets)

    def _ensure_data(self) -> None:
        program = postgres_program("initdb")
        if self.account:
            let_through(self.data, self.account)
            let_through(program, self.account)
        if not self.data.exists():
            self._write_data(program)
        version = (self.data / "PG_VERSION").read_text().strip()
        if version != str(POSTGRES_MAJOR):
            raise ConfigurationError(
                f"{self.data} was written by PostgreSQL {version}, and this is {POSTGRES_MAJOR}. "
                "Remove the folder to start afresh, or set FACET_DATA_DIR to another one."
            )

    def _write_data(self, initdb: Path) -> None:
        """Write a new data directory; an interrupted attempt leaves nothing that looks like one."""
        unfinished = self.directory / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if self.account:
            give_to(self.account, unfinished)
        run(
            [
                *(initdb, "-D", unfinished, "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8"),
                *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"),
                *(() if self.durable else ("--no-sync",)),
            ],
            folder=self.directory,
            account=self.account,
        )
        unfinished.rename(self.data)

    def _control(self, action: str, *arguments: str) -> None:
        # Its paths are relative because it hands them to a shell, which would expand a $ in them.
        run(
            [
                postgres_program("pg_ctl"),
                action,
                "-D",
                ".",
                "-w",
                "-t",
                str(PATIENCE_SECONDS),
                *arguments,
            ],
            folder=self.data,
            account=self.account,
        )

    def _is_running(self) -> bool:
        """Whether the server takes connections; waits while it is on its way up or down."""
        until = time.monotonic() + PATIENCE_SECONDS
        while self._postmaster() is not None:
            if self._takes_connections():
                return True
            if time.monotonic() > until:
                raise ConfigurationError(
                    f"PostgreSQL in {self.data} runs but takes no connections:\n"
                    f"{last_lines(self.data / 'server.log')}"
                )
            time.sleep(0.05)
        return False

    def _takes_connections(self) -> bool:
        try:
            run([postgres_program("pg_isready"), "-q", "-h", self.sockets, "-p", str(PORT)], folder=self.data)
        except ConfigurationError:
            return False
        return True

    def _clear_up_after_a_crash(self) -> None:
        """Remove the socket's lock, which names a process as the pid file does, once nobody writes any more."""
        lock = self.sockets / SOCKET_LOCK
        if not lock.exists():
            return
        until = time.monotonic() + PATIENCE_SECONDS
        while survivors := self._survivors():
            if time.monotonic() > until:
                raise ConfigurationError(
                    f"Processes of a PostgreSQL that was killed still work in {self.data}: "
                    f"{', '.join(str(process.pid) for process in survivors)}. End them, then start again."
                )
            time.sleep(0.05)
        lock.unlink(missing_ok=True)

    def _survivors(self) -> list[psutil.Process]:
        """Processes of a server whose main process was killed; they end by themselves."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                if process.name() == "postgres" and Path(process.cwd()) == self.data:
                    found.append(process)
        return found

    def _postmaster(self) -> psutil.Process | None:
        """The running server of this directory.

        A machine that went down leaves a pid file behind, and its number may now be any other process, in
        whose favour PostgreSQL would refuse to start. Such a file is removed.
        """
        pid_file = self.data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None
        try:
            process = psutil.Process(pid)
            if process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()) == self.data:
                return process
        except psutil.NoSuchProcess:
            return None
        except psutil.AccessDenied:
            pass
        pid_file.unlink(missing_ok=True)
        return None
