"""Yours where you name them, else the embedded ones."""

from __future__ import annotations

import pytest

from server.embedded.servers import open_servers
from server.errors import ConfigurationError
from server.settings import Settings

OWNER, APP, REDIS = "postgresql://owner@db/facet", "postgresql://app@db/facet", "redis://cache"


def settings(monkeypatch: pytest.MonkeyPatch, **urls: str) -> Settings:
    for name in ("DATABASE_URL", "FACET_APP_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"REDIS_URL": REDIS, **urls}.items():
        monkeypatch.setenv(name, value)
    return Settings()


def test_serves_as_the_owner_who_steps_down(monkeypatch: pytest.MonkeyPatch) -> None:
    servers = open_servers(settings(monkeypatch, DATABASE_URL=OWNER))

    assert (servers.owner, servers.app_url, servers.app_logs_in) == (OWNER, OWNER, False)
    assert servers.redis_url == REDIS


def test_serves_with_the_application_role_s_own_login(monkeypatch: pytest.MonkeyPatch) -> None:
    servers = open_servers(settings(monkeypatch, DATABASE_URL=OWNER, FACET_APP_DATABASE_URL=APP))

    assert (servers.owner, servers.app_url, servers.app_logs_in) == (OWNER, APP, True)


def test_serves_without_knowing_the_owner_and_does_not_migrate(monkeypatch: pytest.MonkeyPatch) -> None:
    servers = open_servers(settings(monkeypatch, FACET_APP_DATABASE_URL=APP))

    assert (servers.app_url, servers.app_logs_in) == (APP, True)
    with pytest.raises(ConfigurationError, match="DATABASE_URL"):
        _ = servers.owner
