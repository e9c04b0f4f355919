"""Which servers a process uses: yours, or the embedded ones."""

from __future__ import annotations

from dataclasses import dataclass

from server.embedded.postgres import start_postgres
from server.embedded.valkey import start_valkey
from server.settings import Settings


@dataclass(frozen=True)
class Servers:
    """Addresses of PostgreSQL and Valkey. They hold credentials: never log them.

    `app_logs_in`: `app_url` is the application role's own login; else connections switch to that role.
    """

    owner_url: str
    app_url: str
    app_logs_in: bool
    redis_url: str


def open_servers(settings: Settings) -> Servers:
    """The servers of `settings`, with those started that it leaves to us. Blocks; call it before the event loop.

    Embedded servers stop with the last process that opened them.
    """
    redis_url = settings.redis_url
    url = redis_url.get_secret_value() if redis_url else start_valkey(settings.data_dir).url
    if settings.database_url is None:
        postgres = start_postgres(settings.data_dir)
        return Servers(postgres.owner_url, postgres.app_url, app_logs_in=True, redis_url=url)
    owner = settings.database_url.get_secret_value()
    app = settings.app_database_url
    return Servers(
        owner_url=owner,
        app_url=app.get_secret_value() if app else owner,
        app_logs_in=app is not None,
        redis_url=url,
    )
