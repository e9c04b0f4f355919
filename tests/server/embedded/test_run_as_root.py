from __future__ import annotations

import os
import pwd
import sys
from pathlib import Path

import pytest

from server.embedded.account import Account, give_to, let_through, stand_in_for_root
from server.errors import ConfigurationError
from tests.server.embedded.processes import servers, start_postgres

SOMEBODY = Account(uid=4321, gid=4321)

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs to be root")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")


@as_root
def test_runs_postgresql_as_somebody_else(data_dir: Path) -> None:
    server = start_postgres(data_dir / "closed" / "data")

    (process,) = servers(data_dir)

    assert process.uids().real == (data_dir / "closed/data/postgres/data").stat().st_uid
    assert pwd.getpwuid(process.uids().real).pw_name in {"postgres", "nobody"}
    server.stop()


@as_root
def test_keeps_the_owner_of_the_files(data_dir: Path) -> None:
    os.chown(data_dir, 4321, 4321)

    assert stand_in_for_root(data_dir) == Account(4321, 4321)


@pytest.mark.skipif(os.geteuid() == 0, reason="needs not to be root")
def test_stays_who_it_is_otherwise(data_dir: Path) -> None:
    assert stand_in_for_root(data_dir) is None


def test_opens_closed_folders_for_passing_through_only(data_dir: Path) -> None:
    target = data_dir / "closed" / "target"
    target.mkdir(parents=True)
    target.parent.chmod(0o700)
    target.chmod(0o700)

    let_through(target, SOMEBODY)

    assert target.parent.stat().st_mode & 0o777 == 0o701
    assert target.stat().st_mode & 0o777 == 0o700


@on_linux
def test_says_which_folder_cannot_be_opened() -> None:
    closed = Path(f"/proc/{os.getpid()}/fd")

    with pytest.raises(ConfigurationError) as refusal:
        let_through(closed / "0", SOMEBODY)

    assert str(refusal.value) == (
        "PostgreSQL refuses to run as root, and the user that runs it instead (uid 4321) cannot pass "
        f"through {closed}. Run `chmod o+x {closed}`, start Facet as an ordinary user, or set DATABASE_URL "
        "to a server of your own."
    )


def test_says_when_a_folder_cannot_change_hands(data_dir: Path) -> None:
    missing = data_dir / "missing"

    with pytest.raises(ConfigurationError) as refusal:
        give_to(SOMEBODY, missing)

    assert str(refusal.value) == (
        f"PostgreSQL refuses to run as root, and {missing} cannot be given to the user that runs it instead "
        "(uid 4321): No such file or directory. Start Facet as an ordinary user, set FACET_DATA_DIR to a "
        "folder on a local disk, or set DATABASE_URL to a server of your own."
    )
