"""Settings, read once from the environment (`DATABASE_URL`, `REDIS_URL`, `FACET_…`)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything an operator can set. Empty URLs mean: start the embedded servers under `data_dir`."""

    model_config = SettingsConfigDict(
        env_prefix="FACET_", env_ignore_empty=True, extra="ignore", populate_by_name=True
    )

    database_url: SecretStr | None = Field(
        None,
        validation_alias="DATABASE_URL",
        description="PostgreSQL of the owner role, which migrates. Empty: the embedded server.",
    )
    app_database_url: SecretStr | None = Field(
        None,
        description="PostgreSQL of the application role. Empty: DATABASE_URL, switched to the role "
        "facet_app as each connection starts.",
    )
    redis_url: SecretStr | None = Field(
        None, validation_alias="REDIS_URL", description="Valkey or Redis. Empty: the embedded server."
    )
    host: str = Field("127.0.0.1", description="Address the HTTP server binds.")
    port: int = Field(8000, ge=0, le=65535, description="Port the HTTP server binds.")
    data_dir: Path = Field(Path(".facet"), description="Files of the embedded servers.")
    environment: Literal["development", "production"] = Field(
        "development", description="`production` marks session cookies Secure and logs JSON."
    )
    log_level: str = Field("INFO", description="Lowest level that is logged.")
    pool_size: int = Field(20, ge=1, description="PostgreSQL connections a process opens at most, and keeps.")
    pool_wait_seconds: float = Field(
        5.0, gt=0, description="How long an operation waits for a PostgreSQL connection when all are in use."
    )
    statement_timeout_ms: int = Field(5_000, ge=100, description="PostgreSQL cancels longer statements.")
    operation_seconds: float = Field(15.0, gt=0, description="Longer queries and mutations are stopped.")
    retry_seconds: float = Field(
        3.0, ge=0, description="How long queries are tried again while PostgreSQL restarts."
    )
    module_set_seconds: float = Field(
        60.0, gt=0, description="How long a platform's module set is trusted while Redis is connected."
    )
    module_set_seconds_without_redis: float = Field(
        2.0, gt=0, description="How long a platform's module set is trusted while Redis is away."
    )
    remembered_tokens: int = Field(
        10_000, ge=0, description="Tokens whose meaning a process remembers: those used last. 0: none."
    )
    token_seconds: float = Field(
        30.0,
        gt=0,
        description="How long a process trusts what a token meant while Redis is connected. Changes are told at "
        "once; this bounds what was changed in the database by hand.",
    )
    token_seconds_without_redis: float = Field(
        2.0, gt=0, description="How long a process trusts what a token meant while Redis is away."
    )
    compiled: Literal["never", "at once", "when repeated"] = Field(
        "when repeated", description="When queries are compiled, which makes them several times faster."
    )
    views: int = Field(
        256,
        ge=1,
        description="Schema views a process keeps: one for each set of modules and kinds of caller that differ.",
    )
    compress_from_bytes: int = Field(
        16_384,
        ge=0,
        description="Answers to queries of at least this length are compressed for clients that accept gzip; "
        "0: none.",
    )
    session_days: int = Field(14, ge=1, description="Days after which an unused session ends.")
    cost_capacity: int = Field(50_000, ge=1, description="Query cost a caller may save up.")
    cost_per_second: int = Field(1_000, ge=1, description="Query cost a caller gets back each second.")


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process."""
    return Settings()


def variable_of(name: str) -> str:
    """The environment variable that the setting `name` is read from."""
    alias = Settings.model_fields[name].validation_alias
    return alias if isinstance(alias, str) else f"FACET_{name.upper()}"


def refused_settings(error: ValidationError) -> str:
    """What is wrong with the settings, a line for each variable; never the value, which may be secret."""
    known = {variable_of(name).lower(): variable_of(name) for name in Settings.model_fields}
    lines = []
    for problem in error.errors(include_input=False, include_url=False):
        name = str(problem["loc"][0])
        variable = variable_of(name) if name in Settings.model_fields else known.get(name.lower(), name)
        lines.append(f"\n  - {variable}: {problem['msg']}")
    return "Settings in the environment cannot be used:" + "".join(lines)
