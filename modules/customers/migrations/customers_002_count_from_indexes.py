"""Indexes that hold all that counting customers reads, in the place of those that held only what finds them."""

from __future__ import annotations

from alembic import op

revision = "customers_002"
down_revision = "customers_001"
branch_labels = None
depends_on = None

TABLE = "customers_customer"
COUNTED = ("merchant_id", "store_id")


def upgrade() -> None:
    for column in COUNTED:
        replace(finding(column), counting(column), column, "INCLUDE (archived_at)")


def downgrade() -> None:
    for column in COUNTED:
        replace(counting(column), finding(column), column)


def finding(column: str) -> str:
    """The name of the index that finds the customers of a merchant or store in order of time."""
    return f"ix_{TABLE}_platform_id_{column}_created_at_id"


def counting(column: str) -> str:
    """The name of the same index with what is counted."""
    return f"ix_{TABLE}_{column}_counted"


def replace(old: str, new: str, column: str, more: str = "") -> None:
    """Make `new` and drop `old` while others read and write. A first attempt may have left a half-made one."""
    with op.get_context().autocommit_block():
        # It waits for transactions that run already, and nobody waits for it.
        op.execute("SET lock_timeout = '10min'")
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {new}")
        op.execute(
            f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {new} ON {TABLE} (platform_id, {column}, created_at, id) {more}"
        )
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {old}")
        op.execute("SET lock_timeout = '2s'")
