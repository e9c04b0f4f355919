"""Letting an import bring the planner's statistics up to date, which only a table's owner may."""

from __future__ import annotations

from alembic import op

from server.db.engine import APP_ROLE

revision = "kernel_002"
down_revision = "kernel_001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # As autovacuum decides; whoever works on the table already is not waited for.
    op.execute(
        """
        CREATE FUNCTION facet_analyze(name text, added bigint)
        RETURNS void
        VOLATILE LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms'
        AS $$
        DECLARE
          known bigint := (SELECT reltuples FROM pg_class WHERE oid = to_regclass(format('public.%I', name)));
        BEGIN
          IF added > 50 + greatest(known, 0) / 10 THEN
            EXECUTE format('ANALYZE public.%I', name);
          END IF;
        EXCEPTION WHEN lock_not_available THEN
          RETURN;
        END
        $$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION facet_analyze(text, bigint) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION facet_analyze(text, bigint) TO {APP_ROLE}")


def downgrade() -> None:
    op.execute("DROP FUNCTION facet_analyze(text, bigint)")
