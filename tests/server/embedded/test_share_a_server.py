from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from server.embedded import (
    EmbeddedPostgres,
    EmbeddedValkey,
    stop_unused_postgres,
    stop_unused_valkey,
)
from tests.server.embedded.processes import User, servers, start_postgres, start_valkey, using, watchers

START: dict[str, Callable[[Path], EmbeddedPostgres | EmbeddedValkey]] = {
    "start_postgres": start_postgres,
    "start_valkey": start_valkey,
}
STOP_UNUSED: dict[str, Callable[[Path], None]] = {
    "start_postgres": stop_unused_postgres,
    "start_valkey": stop_unused_valkey,
}

pytestmark = pytest.mark.parametrize("start", list(START))


def test_runs_one_server_for_two_processes(data_dir: Path, start: str) -> None:
    with using(start, data_dir):
        first = servers(data_dir)

        with using(start, data_dir):
            assert servers(data_dir) == first
            assert len(first) == 1


def test_runs_one_server_for_processes_that_start_at_once(data_dir: Path, start: str) -> None:
    users = [User(start, data_dir) for _ in range(3)]

    for user in users:
        user.ready()

    assert len(servers(data_dir)) == 1
    for user in users:
        user.leave()
    assert servers(data_dir) == []


def test_stops_the_server_with_the_last_process(data_dir: Path, start: str) -> None:
    first = User(start, data_dir).ready()
    second = User(start, data_dir).ready()

    first.leave()
    assert len(servers(data_dir)) == 1

    second.leave()
    assert servers(data_dir) == []


def test_takes_back_the_share_of_a_killed_process(data_dir: Path, start: str) -> None:
    killed = User(start, data_dir).ready()
    other = User(start, data_dir).ready()

    killed.kill()
    assert len(servers(data_dir)) == 1

    other.leave()
    assert servers(data_dir) == []


def test_stops_the_server_when_the_last_process_is_killed(data_dir: Path, start: str) -> None:
    user = User(start, data_dir).ready()
    running = servers(data_dir) + watchers(data_dir)
    assert len(running) == 2

    user.kill()

    assert psutil.wait_procs(running, timeout=30)[1] == []
    assert servers(data_dir) == []


def test_adopts_a_server_that_outlived_everybody(data_dir: Path, start: str) -> None:
    left_behind = _leave_alone(start, data_dir)

    server = START[start](data_dir)
    assert servers(data_dir) == left_behind
    server.stop()

    assert servers(data_dir) == []


def test_stops_on_demand_a_server_that_outlived_everybody(data_dir: Path, start: str) -> None:
    _leave_alone(start, data_dir)

    STOP_UNUSED[start](data_dir)

    assert servers(data_dir) == []


def _leave_alone(start: str, data_dir: Path) -> list[psutil.Process]:
    """Kill all that could stop the server."""
    user = User(start, data_dir).ready()
    (watcher,) = watchers(data_dir)
    watcher.kill()
    psutil.wait_procs([watcher], timeout=30)
    user.kill()
    left_behind = servers(data_dir)
    assert len(left_behind) == 1
    return left_behind


def test_leaves_a_server_in_use_alone(data_dir: Path, start: str) -> None:
    with using(start, data_dir):
        STOP_UNUSED[start](data_dir)

        assert len(servers(data_dir)) == 1


def test_counts_each_start_in_one_process(data_dir: Path, start: str) -> None:
    first = START[start](data_dir)
    second = START[start](data_dir)

    first.stop()
    first.stop()
    assert len(servers(data_dir)) == 1

    second.stop()
    assert servers(data_dir) == []


def test_keeps_the_server_when_a_fork_stops_it(data_dir: Path, start: str) -> None:
    server = START[start](data_dir)

    child = os.fork()
    if not child:
        server.stop()
        os._exit(0)
    os.waitpid(child, 0)

    assert len(servers(data_dir)) == 1
    STOP_UNUSED[start](data_dir)
    assert len(servers(data_dir)) == 1
    server.stop()
    assert servers(data_dir) == []


def test_ends_quietly_when_the_folder_is_gone(data_dir: Path, start: str) -> None:
    server = START[start](data_dir)
    (process,) = servers(data_dir)
    shutil.rmtree(data_dir)

    server.stop()

    process.kill()
    data_dir.mkdir(exist_ok=True)
