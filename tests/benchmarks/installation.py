"""An installation of its own: servers and data in a temporary folder, `facet` commands, processes that serve."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import psutil

from server.demo import PASSWORD
from server.embedded import EmbeddedPostgres, EmbeddedValkey, start_postgres, start_valkey
from tests.benchmarks.asking import Target, ask

ROOT = Path(__file__).parents[2]
ENDLESS = str(10**9)
PATIENCE_SECONDS = 30
SIGN_IN = """mutation SignIn($email: String!, $password: String!, $platform: String) {
  signIn(email: $email, password: $password, platform: $platform) { ... on SignInPayload { token } }
}"""


@dataclass(frozen=True)
class Serving:
    """A process that listens."""

    port: int
    process: psutil.Process

    def cpu(self) -> float:
        """Seconds of processor time it has used."""
        times = self.process.cpu_times()
        return times.user + times.system


class Installation:
    """PostgreSQL and Valkey with the demo's data. Every process of it gets a query budget without end."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.postgres: EmbeddedPostgres = start_postgres(data_dir)
        self.valkey: EmbeddedValkey = start_valkey(data_dir)

    def __enter__(self) -> Installation:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.valkey.stop()
        self.postgres.stop()

    def facet(self, *arguments: str) -> None:
        """Run a `facet` command to its end."""
        command = [sys.executable, "-m", "server", *arguments]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout

    def serve(self, *command: str, env: Mapping[str, str] | None = None) -> AbstractContextManager[Serving]:
        """A `facet serve`, or another module that takes `--port`, until the end of the block."""
        port = free_port()
        arguments = [sys.executable, "-m", *(command or ("server", "serve")), "--port", str(port)]
        return self.listen(port, arguments, env=env)

    @contextmanager
    def listen(
        self,
        port: int,
        arguments: Sequence[str],
        *,
        folder: Path = ROOT,
        env: Mapping[str, str] | None = None,
    ) -> Iterator[Serving]:
        """A program that listens on `port`, until the end of the block."""
        path = self.data_dir / f"serve-{port}.log"
        with path.open("w") as log:
            process = subprocess.Popen(
                arguments, cwd=folder, env={**self._environment(), **(env or {})}, stdout=log, stderr=log
            )
        try:
            _wait_until_it_listens(port, process, path)
            yield Serving(port, psutil.Process(process.pid))
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE_SECONDS)
            path.unlink()

    async def sign_in(self, port: int, email: str, platform: str | None = None) -> str:
        """A session token of one of the demo's people."""
        target = Target(port)
        data = await ask(target, SIGN_IN, email=email, password=PASSWORD, platform=platform)
        return str(data["signIn"]["token"])

    def kill_valkey(self) -> None:
        """Take Valkey away at once; it does not come back."""
        process = self.valkey_process()
        assert "valkey" in process.name()
        process.kill()

    def valkey_process(self) -> psutil.Process:
        path = self.valkey.url.removeprefix("unix://")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.connect(path)
            connection.sendall(b"INFO server\r\n")
            answer = connection.recv(16_384)
        return psutil.Process(int(answer.split(b"process_id:", 1)[1].split(b"\r", 1)[0]))

    def postgres_process(self) -> psutil.Process:
        """The one whose children the connections are."""
        pid_file = self.data_dir / "postgres" / "data" / "postmaster.pid"
        return psutil.Process(int(pid_file.read_text().split("\n", 1)[0]))

    def postgres_cpu(self) -> float:
        """Seconds of processor time that PostgreSQL's connections have used, those that ended too."""
        postmaster = self.postgres_process()
        times = postmaster.cpu_times()
        used = times.children_user + times.children_system
        for backend in postmaster.children():
            with suppress(psutil.NoSuchProcess):
                times = backend.cpu_times()
                used += times.user + times.system
        return used

    def _environment(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("FACET_") and name not in {"DATABASE_URL", "REDIS_URL"}
        }
        return kept | {
            "FACET_DATA_DIR": str(self.data_dir),
            "FACET_LOG_LEVEL": "ERROR",
            "FACET_COST_CAPACITY": ENDLESS,
            "FACET_COST_PER_SECOND": ENDLESS,
        }


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_it_listens(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < until, "It does not listen.\n" + log.read_text()
        time.sleep(0.05)
