"""Row-level security for a migration to switch on: the second fence behind the repositories."""

from __future__ import annotations

from alembic import op

from server.db.engine import APP_ROLE, PLATFORM_SETTING

CURRENT_PLATFORM = f"nullif(current_setting('{PLATFORM_SETTING}', true), '')::bigint"


def grant(table: str, *privileges: str) -> None:
    """Let the application role use a table that has no `platform_id`."""
    op.execute(f"GRANT {', '.join(privileges)} ON {table} TO {APP_ROLE}")


def enable_row_level_security(
    table: str, *, update: bool = True, delete: bool = True, nullable: bool = False
) -> None:
    """Show the application role only the rows of the transaction's platform, and let it write only those.

    Without a platform it sees nothing; with `nullable` it then sees the rows that belong to no platform.
    `update` and `delete` false withhold those rights altogether.
    """
    condition = f"platform_id = {CURRENT_PLATFORM}"
    if nullable:
        condition += f" OR (platform_id IS NULL AND {CURRENT_PLATFORM} IS NULL)"
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY platform_isolation ON {table} TO {APP_ROLE} USING ({condition}) WITH CHECK ({condition})"
    )
    op.execute(f"CREATE POLICY owner_maintains ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")
    privileges = ["SELECT", "INSERT", *(["UPDATE"] if update else []), *(["DELETE"] if delete else [])]
    grant(table, *privileges)
