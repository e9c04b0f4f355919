"""Databases and roles inside the embedded PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from server.embedded.programs import postgres_program, run

PORT = 5432
SUPERUSER = "postgres"

ONE_AT_A_TIME = """
SET client_min_messages = warning;
SELECT pg_advisory_lock(1) \\g /dev/null
"""
ROLES = """
SELECT format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', role)
  FROM unnest(ARRAY['facet_owner', 'facet_app']) AS role
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) \\gexec
GRANT facet_app TO facet_owner;
"""
CREATE = """
SELECT format('CREATE DATABASE %I OWNER facet_owner TEMPLATE %I', :'name', :'template')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \\gexec
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', :'name') \\gexec
SELECT format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO facet_app', :'name') \\gexec
"""
DROP = """
SELECT format('DROP DATABASE IF EXISTS %I WITH (FORCE)', :'name') \\gexec
"""


@dataclass(frozen=True)
class DatabaseUrls:
    """How the two roles reach one database."""

    owner_url: str
    app_url: str


class HasSockets(Protocol):
    """A running server."""

    @property
    def sockets(self) -> Path: ...


def create_database(server: HasSockets, name: str, template: str | None = None) -> DatabaseUrls:
    """Create `name` for the owner role: empty, or a copy of `template`, to which nobody may be connected.

    A database that exists stays as it is.
    """
    _execute(server.sockets, ONE_AT_A_TIME + CREATE, name=name, template=template or "template1")
    return DatabaseUrls(url(server.sockets, name, "facet_owner"), url(server.sockets, name, "facet_app"))


def drop_database(server: HasSockets, name: str) -> None:
    """Drop `name` if it exists, disconnecting whoever uses it."""
    _execute(server.sockets, DROP, name=name)


def ensure_database(sockets: Path, name: str) -> None:
    """Create both roles and the database `name`, or what is missing of them."""
    _execute(sockets, ONE_AT_A_TIME + ROLES + CREATE, name=name, template="template1")


def url(sockets: Path, database: str, role: str) -> str:
    """The URL by which `role` reaches `database`; the port is said so that no PGPORT changes it."""
    return f"postgresql://{role}@/{quote(database, safe='')}?host={quote(str(sockets))}&port={PORT}"


def _execute(sockets: Path, script: str, **variables: str) -> None:
    command: list[str | Path] = [postgres_program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1"]
    command += ["-h", sockets, "-p", str(PORT), "-U", SUPERUSER, "-d", "postgres"]
    for name, value in variables.items():
        command += ["-v", f"{name}={value}"]
    run(command, folder=sockets, stdin=script)
