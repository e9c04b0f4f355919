"""Alembic's entry: one transaction for each migration, under a lock so that two starts do not collide."""

from __future__ import annotations

from alembic import context
from sqlalchemy import text

LOCK = 4_827_191_001
"""Any number, the same for every process."""


def run_offline() -> None:
    context.configure(url=context.config.attributes["url"], literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


def run_online() -> None:
    connection = context.config.attributes["connection"]
    connection.execute(text(f"SELECT pg_advisory_lock({LOCK})"))
    connection.commit()
    try:
        connection.execute(text("SET lock_timeout = '2s'"))
        connection.commit()
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
    finally:
        connection.rollback()
        connection.execute(text(f"SELECT pg_advisory_unlock({LOCK})"))
        connection.commit()


if context.is_offline_mode():
    run_offline()
else:
    run_online()
