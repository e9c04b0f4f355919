"""Alembic's entry: one transaction for each migration, under a lock so that two starts do not collide."""

from __future__ import annotations

from alembic import context
from sqlalchemy import text

from server.db.engine import APP_ROLE

LET_PROCESSES_READ_HOW_FAR = f"""
DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP_ROLE}') THEN
    GRANT SELECT ON alembic_version TO {APP_ROLE};
  END IF;
END $$
"""
LOCK = 4_827_191_001
"""Any number, the same for every process."""


def run_offline() -> None:
    context.configure(url=context.config.attributes["url"], literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
        context.execute(LET_PROCESSES_READ_HOW_FAR)


def run_online() -> None:
    connection = context.config.attributes["connection"]
    # Asking again and again: whoever waited inside a statement would be waited for by CREATE INDEX CONCURRENTLY.
    while not connection.scalar(text(f"SELECT pg_try_advisory_lock({LOCK})")):
        connection.execute(text("SELECT pg_sleep(0.1)"))
        connection.commit()
    connection.commit()
    try:
        connection.execute(text("SET lock_timeout = '2s'"))
        connection.commit()
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
        connection.execute(text(LET_PROCESSES_READ_HOW_FAR))
        connection.commit()
    finally:
        connection.rollback()
        connection.execute(text(f"SELECT pg_advisory_unlock({LOCK})"))
        connection.commit()


if context.is_offline_mode():
    run_offline()
else:
    run_online()
