"""`facet serve`, `facet dev`, `facet worker`."""

from __future__ import annotations

import asyncio
import shlex
import socket
import sys
from typing import Annotated

import structlog
import typer
from watchfiles import run_process

from server import asgi
from server.app import Facet
from server.cli.schema import migrate_now
from server.db.migrate import PACKAGE, require_migrated
from server.embedded.servers import open_servers
from server.errors import ConfigurationError
from server.http.protocol import DrainingServer, uvicorn_config
from server.platforms.installed import installed
from server.settings import settings
from server.telemetry.logging import configure_logging
from server.worker import run_worker

WATCHED = ("server", "modules", "migrations")

Host = Annotated[str | None, typer.Option(help="Address to bind; default FACET_HOST.")]
Port = Annotated[int | None, typer.Option(help="Port to bind; default FACET_PORT.")]


def serve(
    host: Host = None,
    port: Port = None,
    migrate: Annotated[bool, typer.Option("--migrate", help="Bring the database up to date first.")] = False,
) -> None:
    """Serve the API. The database must be migrated."""
    if migrate:
        migrate_now()
    serve_on(host or settings().host, settings().port if port is None else port)


def dev(host: Host = None, port: Port = None) -> None:
    """Migrate, serve, and start again whenever a file changes."""
    address = host or settings().host, settings().port if port is None else port
    require_free(*address)
    open_servers(settings())  # held here, so that they keep running while the server starts again
    command = [sys.executable, "-m", "server", "serve", "--migrate"]
    command += ["--host", address[0], "--port", str(address[1])]
    watched = [folder for name in WATCHED if (folder := PACKAGE.parent / name).is_dir()]
    run_process(*watched, target=shlex.join(command), target_type="command")


def worker() -> None:
    """Run the jobs of every module. Stops on SIGTERM; survives restarts of Redis."""
    configure_logging(level=settings().log_level, as_json=settings().environment == "production")
    servers = open_servers(settings())
    asyncio.run(require_migrated(servers.app_url, installed().migration_folders))
    asyncio.run(run_worker(settings(), servers))


def serve_on(host: str, port: int) -> None:
    """Serve until told to stop."""
    require_free(host, port)
    configure_logging(level=settings().log_level, as_json=settings().environment == "production")
    servers = open_servers(settings())
    asyncio.run(require_migrated(servers.app_url, installed().migration_folders))
    served = asgi.serve(Facet(settings(), servers, installed()))
    config = uvicorn_config(served.app, host=host, port=port, log_level="warning")
    structlog.get_logger(__name__).info("serving", address=f"http://{host}:{port}")
    DrainingServer(config, on_drain=served.probes.drain).run()


def require_free(host: str, port: int) -> None:
    """Raise `ConfigurationError` when another program listens there."""
    if port == 0:
        return
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigurationError(
                f"Port {port} of {host} is taken ({error.strerror}). Stop what listens there, or choose another: "
                f"FACET_PORT={port + 1}"
            ) from None
