"""Which core does what: the measured server has one for itself, everything else has the others."""

from __future__ import annotations

from contextlib import suppress

import psutil

_HERE = psutil.Process()
CORES: list[int] = _HERE.cpu_affinity() if hasattr(_HERE, "cpu_affinity") else []
IS_PINNED = len(CORES) > 1


def pin_server(process: psutil.Process) -> None:
    """Give it the last core, with the threads it has and will have."""
    if IS_PINNED:
        _pin(process, CORES[-1:])


def pin_others(*processes: psutil.Process) -> None:
    """Keep these, their children and this process off the server's core."""
    if IS_PINNED:
        for process in (_HERE, *processes):
            _pin(process, CORES[:-1])
            for child in process.children(recursive=True) if process != _HERE else ():
                _pin(child, CORES[:-1])


def pinned() -> str:
    """What a reader of the figures must know."""
    if not IS_PINNED:
        return "Server, load and PostgreSQL share all cores."
    return f"The server has one core, load and PostgreSQL the other {len(CORES) - 1}."


def _pin(process: psutil.Process, cores: list[int]) -> None:
    with suppress(psutil.NoSuchProcess):
        for thread in process.threads():
            with suppress(psutil.NoSuchProcess):
                psutil.Process(thread.id).cpu_affinity(cores)


def unpin() -> None:
    """Give this process all its cores back."""
    if IS_PINNED:
        _pin(_HERE, CORES)
