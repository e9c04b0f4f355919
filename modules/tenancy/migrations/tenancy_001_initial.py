"""Merchants, stores, memberships."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.db.engine import APP_ROLE
from server.db.security import enable_row_level_security

revision = "tenancy_001"
down_revision = None
branch_labels = ("tenancy",)
depends_on = ("kernel_001",)

TABLES = ("tenancy_merchant", "tenancy_store", "tenancy_membership")


def upgrade() -> None:
    create_merchants()
    create_stores()
    create_memberships()
    for table in TABLES:
        enable_row_level_security(table)
    create_platforms_of()


def shared_columns(table: str) -> list[sa.schema.SchemaItem]:
    """What every table here begins with."""
    return [
        sa.Column("id", sa.BigInteger, sa.Identity(always=False), nullable=False),
        sa.Column("platform_id", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("external_id", sa.String(200)),
        sa.Column("name", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["platform_id"], ["platform.id"], name=f"fk_{table}_platform_id"),
        sa.UniqueConstraint("platform_id", "external_id", name=f"uq_{table}_platform_id_external_id"),
    ]


def merchant_key(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["platform_id", "merchant_id"],
        ["tenancy_merchant.platform_id", "tenancy_merchant.id"],
        name=f"fk_{table}_platform_id_merchant_id",
    )


def index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def create_merchants() -> None:
    table = "tenancy_merchant"
    op.create_table(
        table,
        *shared_columns(table),
        sa.Column("archived_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("platform_id", "id", name=f"uq_{table}_platform_id_id"),
    )
    index(table, "platform_id", "created_at", "id")
    index(table, "platform_id", "name", "id")


def create_stores() -> None:
    table = "tenancy_store"
    op.create_table(
        table,
        *shared_columns(table),
        sa.Column("merchant_id", sa.BigInteger, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        merchant_key(table),
        sa.UniqueConstraint("platform_id", "id", name=f"uq_{table}_platform_id_id"),
        sa.UniqueConstraint(
            "platform_id", "merchant_id", "id", name=f"uq_{table}_platform_id_merchant_id_id"
        ),
    )
    index(table, "platform_id", "created_at", "id")
    index(table, "platform_id", "merchant_id", "created_at", "id")
    index(table, "platform_id", "name", "id")


def create_memberships() -> None:
    table = "tenancy_membership"
    op.create_table(
        table,
        *shared_columns(table),
        sa.Column("merchant_id", sa.BigInteger),
        sa.Column("store_id", sa.BigInteger),
        sa.Column("user_id", sa.BigInteger),
        sa.Column("email", sa.String(254)),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("title", sa.String(100)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        merchant_key(table),
        sa.ForeignKeyConstraint(
            ["platform_id", "merchant_id", "store_id"],
            ["tenancy_store.platform_id", "tenancy_store.merchant_id", "tenancy_store.id"],
            name=f"fk_{table}_platform_id_merchant_id_store_id",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=f"fk_{table}_user_id"),
        sa.CheckConstraint(
            "(role = 'platform_admin' AND merchant_id IS NULL AND store_id IS NULL)"
            " OR (role = 'merchant_member' AND merchant_id IS NOT NULL AND store_id IS NULL)"
            " OR (role = 'store_staff' AND merchant_id IS NOT NULL AND store_id IS NOT NULL)",
            name=f"ck_{table}_role_fits_place",
        ),
    )
    index(table, "platform_id", "merchant_id", "created_at", "id")
    index(table, "platform_id", "merchant_id", "store_id")
    index(table, "platform_id", "store_id")
    index(table, "platform_id", "user_id")
    index(table, "user_id")
    op.create_index(
        "uq_tenancy_membership_one_open",
        table,
        ["platform_id", "user_id", "merchant_id", "store_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("ended_at IS NULL AND user_id IS NOT NULL"),
    )


def create_platforms_of() -> None:
    """Where a person may sign in is asked before a platform is known, so this runs as the owner."""
    op.execute(
        """
        CREATE FUNCTION tenancy_platforms_of(wanted bigint)
        RETURNS TABLE (platform_id bigint, code text)
        STABLE LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
          SELECT p.id, p.code::text FROM public.platform p
          WHERE EXISTS (SELECT FROM public.tenancy_membership m
                        WHERE m.user_id = wanted AND m.platform_id = p.id AND m.ended_at IS NULL)
          ORDER BY p.code
        $$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION tenancy_platforms_of(bigint) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION tenancy_platforms_of(bigint) TO {APP_ROLE}")


def downgrade() -> None:
    op.execute("DROP FUNCTION tenancy_platforms_of")
    for table in reversed(TABLES):
        op.drop_table(table)
