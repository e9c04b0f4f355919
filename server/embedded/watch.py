"""The process beside an embedded server that stops it when its last user is gone, however that ended."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from server.embedded.lease import Server, stop_when_unused
from server.embedded.postgres import PostgresServer
from server.embedded.valkey import ValkeyServer


def main(kind: str, data_dir: str) -> None:
    """Wait for the end of the last user of the server of this kind in this data directory."""
    servers: dict[str, Callable[[Path], Server]] = {
        PostgresServer.kind: PostgresServer,
        ValkeyServer.kind: ValkeyServer,
    }
    stop_when_unused(servers[kind](Path(data_dir)))


if __name__ == "__main__":
    main(*sys.argv[1:])
