"""Which servers a process uses: yours, or the embedded ones."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr

from server.embedded.postgres import start_postgres
from server.embedded.valkey import start_valkey
from server.errors import ConfigurationError
from server.settings import Settings


@dataclass(frozen=True)
class Servers:
    """Addresses of PostgreSQL and Valkey. They hold credentials: never log them.

    `app_logs_in`: `app_url` is the application role's own login; else connections switch to that role.
    `owner_url` None: this process serves and cannot migrate.
    """

    owner_url: str | None
    app_url: str
    app_logs_in: bool
    redis_url: str

    @property
    def owner(self) -> str:
        """The owner's URL; raises `ConfigurationError` where none was given."""
        if self.owner_url is None:
            raise ConfigurationError(
                "Migrating takes the role that owns the tables: set DATABASE_URL to its URL and try again."
            )
        return self.owner_url


def open_servers(settings: Settings) -> Servers:
    """The servers of `settings`, with those started that it leaves to us. Blocks; call it before the event loop.

    Embedded servers stop with the last process that opened them.
    """
    url = _secret(settings.redis_url) or start_valkey(settings.data_dir).url
    owner, app = _secret(settings.database_url), _secret(settings.app_database_url)
    if owner is None and app is None:
        postgres = start_postgres(settings.data_dir)
        return Servers(postgres.owner_url, postgres.app_url, app_logs_in=True, redis_url=url)
    return Servers(owner_url=owner, app_url=app or owner or "", app_logs_in=app is not None, redis_url=url)


def _secret(value: SecretStr | None) -> str | None:
    return value.get_secret_value() if value else None
