"""Commands of Facet as processes of their own."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.scenarios.reliability.machine import Machine

ROOT = Path(__file__).parents[3]


@asynccontextmanager
async def running(*arguments: str, **environment: str) -> AsyncIterator[Process]:
    """`python -m <arguments>`; killed at the end if it still runs."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("FACET_", "DATABASE_", "REDIS_"))}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *arguments),
        cwd=ROOT,
        env={**inherited, **environment},
        stdout=PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def using(machine: Machine) -> dict[str, str]:
    """The environment that names the servers of `machine`."""
    servers = machine.servers
    return {
        "DATABASE_URL": servers.owner,
        "FACET_APP_DATABASE_URL": servers.app_url,
        "REDIS_URL": servers.redis_url,
        "FACET_ENVIRONMENT": "production",
    }


async def says(process: Process, word: str) -> str:
    """The first line of its output that holds `word`."""
    assert process.stdout is not None
    said = []
    while line := (await process.stdout.readline()).decode():
        said.append(line)
        if word in line:
            return line
    raise AssertionError(f"It ended without saying {word!r}:\n{''.join(said)}")


async def stopped(process: Process) -> int:
    """Its exit code after SIGTERM."""
    process.send_signal(signal.SIGTERM)
    await process.communicate()
    assert process.returncode is not None
    return process.returncode


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
