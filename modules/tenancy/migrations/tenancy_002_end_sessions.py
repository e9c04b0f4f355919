"""Ending every session of an account, on all platforms, when its password changes."""

from __future__ import annotations

from alembic import op

from server.db.engine import APP_ROLE

revision = "tenancy_002"
down_revision = "tenancy_001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION tenancy_end_sessions(owner_id bigint, kept_id bigint, at timestamptz)
        RETURNS bigint
        VOLATILE LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
          WITH ended AS (
            UPDATE public.user_session SET revoked_at = at
            WHERE user_id = owner_id AND id IS DISTINCT FROM kept_id AND revoked_at IS NULL RETURNING id)
          SELECT count(*) FROM ended
        $$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION tenancy_end_sessions(bigint, bigint, timestamptz) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION tenancy_end_sessions(bigint, bigint, timestamptz) TO {APP_ROLE}")


def downgrade() -> None:
    op.execute("DROP FUNCTION tenancy_end_sessions(bigint, bigint, timestamptz)")
