"""Who the servers run as, and where their sockets can be."""

from __future__ import annotations

import hashlib
import logging
import os
import pwd
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from server.errors import ConfigurationError

log = logging.getLogger(__name__)

LONGEST_SOCKET_PATH = 100  # Linux allows 107 bytes, macOS 103
SHORT_SOCKET_FOLDER = Path("/tmp")  # noqa: S108  # never $TMPDIR: every process must find the same folder


@dataclass(frozen=True)
class Account:
    """An account of the operating system."""

    uid: int
    gid: int


def stand_in_for_root(data: Path) -> Account | None:
    """Who runs a server that refuses to be root: the owner of its files, else `postgres`, else `nobody`.

    None when we are not root: then the server runs as we do.
    """
    if os.geteuid() != 0:
        return None
    if data.exists() and (info := data.stat()).st_uid != 0:
        return Account(info.st_uid, info.st_gid)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise ConfigurationError(
        "PostgreSQL refuses to run as root, and this machine has no user `postgres` or `nobody` to run it. "
        "Start Facet as an ordinary user, or set DATABASE_URL to a server of your own."
    )


def let_through(path: Path, account: Account) -> None:
    """Let `account` pass through the folders above `path` (not list them).

    Raises:
        ConfigurationError: a folder is closed and its mode cannot be changed.
    """
    for folder in reversed(path.parents):
        info = folder.stat()
        if info.st_uid == account.uid:
            needed = stat.S_IXUSR
        elif info.st_gid == account.gid:
            needed = stat.S_IXGRP
        else:
            needed = stat.S_IXOTH
        if info.st_mode & needed:
            continue
        try:
            folder.chmod(stat.S_IMODE(info.st_mode) | needed)
        except OSError as error:
            raise ConfigurationError(
                f"PostgreSQL refuses to run as root, and the user that runs it instead (uid {account.uid}) "
                f"cannot pass through {folder}. Run `chmod o+x {folder}`, start Facet as an ordinary user, "
                "or set DATABASE_URL to a server of your own."
            ) from error
        log.warning("opened a folder so that PostgreSQL, which refuses to run as root, can pass: %s", folder)


def give_to(account: Account, folder: Path) -> None:
    """Make `account` the owner of `folder`.

    Raises:
        ConfigurationError: the file system does not let us.
    """
    try:
        os.chown(folder, account.uid, account.gid)
    except OSError as error:
        raise ConfigurationError(
            f"PostgreSQL refuses to run as root, and {folder} cannot be given to the user that runs it "
            f"instead (uid {account.uid}): {error.strerror}. Start Facet as an ordinary user, set "
            "FACET_DATA_DIR to a folder on a local disk, or set DATABASE_URL to a server of your own."
        ) from error


def socket_folder(folder: Path, name: str, account: Account | None = None) -> Path:
    """Where the server in `folder` puts its socket `name`: there, or elsewhere if clients would not find it.

    A path may be too long for a socket, and a comma separates hosts in a database URL.
    """
    if len(os.fsencode(folder / name)) <= LONGEST_SOCKET_PATH and "," not in str(folder):
        return folder
    identity = f"{folder}:{folder.stat().st_ino}"
    short = SHORT_SOCKET_FOLDER / f"facet-{hashlib.sha256(identity.encode()).hexdigest()[:16]}"
    short.mkdir(mode=0o700, exist_ok=True)
    info = short.stat(follow_symlinks=False)
    owner = account.uid if account else os.geteuid()
    if account and info.st_uid == os.geteuid():
        give_to(account, short)
    elif info.st_uid != owner:
        raise ConfigurationError(
            f"{short} belongs to another user. Remove it, or set FACET_DATA_DIR to a shorter path."
        )
    return short


def remove_socket_folder(sockets: Path, folder: Path) -> None:
    """Remove what `socket_folder` made outside `folder`, if it is empty again."""
    if sockets != folder:
        with suppress(OSError):
            sockets.rmdir()
