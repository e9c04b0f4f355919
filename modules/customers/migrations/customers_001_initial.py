"""The table of customers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.db.security import enable_row_level_security

revision = "customers_001"
down_revision = None
branch_labels = ("customers",)
depends_on = ("tenancy_001",)

TABLE = "customers_customer"
INDEXES = (
    ("platform_id", "created_at", "id"),
    ("platform_id", "merchant_id", "created_at", "id"),
    ("platform_id", "store_id", "created_at", "id"),
    ("platform_id", "email"),
)


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.BigInteger, sa.Identity(always=False), nullable=False),
        sa.Column("platform_id", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("merchant_id", sa.BigInteger, nullable=False),
        sa.Column("store_id", sa.BigInteger, nullable=False),
        sa.Column("external_id", sa.String(200)),
        sa.Column("name", sa.String(200)),
        sa.Column("email", sa.String(254)),
        sa.Column("archived_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=f"pk_{TABLE}"),
        sa.UniqueConstraint("platform_id", "id", name=f"uq_{TABLE}_platform_id_id"),
        sa.UniqueConstraint("platform_id", "external_id", name=f"uq_{TABLE}_platform_id_external_id"),
        sa.ForeignKeyConstraint(["platform_id"], ["platform.id"], name=f"fk_{TABLE}_platform_id"),
        sa.ForeignKeyConstraint(
            ["platform_id", "merchant_id", "store_id"],
            ["tenancy_store.platform_id", "tenancy_store.merchant_id", "tenancy_store.id"],
            name=f"fk_{TABLE}_platform_id_merchant_id_store_id",
        ),
    )
    for columns in INDEXES:
        op.create_index(f"ix_{TABLE}_{'_'.join(columns)}", TABLE, list(columns))
    enable_row_level_security(TABLE)


def downgrade() -> None:
    op.drop_table(TABLE)
